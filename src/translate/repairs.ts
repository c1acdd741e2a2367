/** Every way in which a history is mended, by what it is called in `status` and in the metrics. */
export const REPAIRS = {
  /** Blank text is refused (bedrock-facts C6). */
  blankPartsDropped: 'blank_parts_dropped',
  blankMessagesFilled: 'blank_messages_filled',
  blankSystemDropped: 'blank_system_dropped',
  /** An empty answer at the end, which a model would have to go on with. */
  blankAnswersDropped: 'blank_answers_dropped',
  leadingUsersAdded: 'leading_users_added',
  /** Not every model goes on with words of its own. */
  trailingUsersAdded: 'trailing_users_added',
  neighboursMerged: 'neighbours_merged',
  /** An assistant turn stands between tool results and what a model does not take beside them. */
  toolResultsSetApart: 'tool_results_set_apart',
  /** The same between words and the calls that follow them. */
  toolCallsSetApart: 'tool_calls_set_apart',
  toolResultsFilled: 'tool_results_filled',
  duplicateResultsMerged: 'duplicate_results_merged',
  orphanedResultsTurnedIntoText: 'orphaned_results_turned_into_text',
  duplicateCallsDropped: 'duplicate_calls_dropped',
  repeatedCallIdsRenamed: 'repeated_call_ids_renamed',
  toolArgumentsMended: 'tool_arguments_mended',
  toolHistoryTurnedIntoText: 'tool_history_turned_into_text',
  mediaMovedToUser: 'media_moved_to_user',
  documentsIntroduced: 'documents_introduced',
  trailingSpaceTrimmed: 'trailing_space_trimmed',
} as const satisfies Record<string, string>

export type Repair = keyof typeof REPAIRS

/** How often each rule had to mend a history; counted in `status`. */
export type Sanitized = Readonly<Record<Repair, number>>

export type RepairTally = Record<Repair, number>

const NOTHING = Object.fromEntries(Object.keys(REPAIRS).map((repair) => [repair, 0])) as Sanitized

export function createRepairTally(): RepairTally {
  return { ...NOTHING }
}
