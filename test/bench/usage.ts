import { MODEL_ID } from './wire.js'

/** What the bench says to `--help`. */
export function toUsage(measurements: readonly string[]): string {
  return `usage: node --expose-gc dist/test/bench/main.js [options]

  --only NAMES         measurements, by name: ${measurements.join(', ')}
  --contenders TEXTS   contenders whose name holds one of these
  --runs N             rounds of each measurement (5)
  --seconds S          length of one run after its warm-up (1.5)
  --cpu-prof DIR       Node contenders write a CPU profile there when they stop
  --out FILE           where the figures go as JSON (bench-results.json)
  --svg FILE           where the curves of growth go as a picture (bench-results.svg), and beside it a narrow
                       one for phones (bench-results-narrow.svg)

Lists are separated by commas. Every reply is checked by our own load generator; where wrk is installed it says in a row
of its own what it gets from the upstream directly.

${PEERS}`
}

// From the documentation of each: docs.litellm.ai (config.yaml, port 4000, os.environ/), the Access Gateway's README
// (uvicorn, /api/v1) and boto3's (AWS_ENDPOINT_URL_*), docs.getbifrost.ai (provider/model) with issue 5272 and pull
// request 6064 of maximhq/bifrost.
const PEERS = `Other gateways: a contender for each BENCH_PEER_<KEY>_COMMAND.

  BENCH_PEER_<KEY>_COMMAND   shell command that starts it, on the contender's core. Its environment has UPSTREAM_URL (the
                             Bedrock Runtime to call), AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
                             AWS_ENDPOINT_URL_BEDROCK and AWS_ENDPOINT_URL_BEDROCK_RUNTIME
  BENCH_PEER_<KEY>_URL       its chat completions, http://127.0.0.1:PORT/PATH; it has two minutes to answer there
  BENCH_PEER_<KEY>_NAME      its name in the tables (the key in small letters)
  BENCH_PEER_<KEY>_HEADERS   JSON object of request headers; \${NAME} in a value is a variable of that environment
  BENCH_PEER_<KEY>_MODEL     what it calls the model

After their documentation, none of them tried here:

  LiteLLM
    config.yaml:  model_list: [{model_name: claude, litellm_params: {model: bedrock/converse/${MODEL_ID},
                    aws_bedrock_runtime_endpoint: os.environ/UPSTREAM_URL}}]
    BENCH_PEER_LITELLM_COMMAND='litellm --config config.yaml --port 4000'
    BENCH_PEER_LITELLM_URL=http://127.0.0.1:4000/v1/chat/completions BENCH_PEER_LITELLM_MODEL=claude
  Bedrock Access Gateway: boto3 takes the endpoints from the environment
    BENCH_PEER_BAG_COMMAND='cd bedrock-access-gateway/src && API_KEY=bedrock uvicorn api.app:app --port 8000'
    BENCH_PEER_BAG_URL=http://127.0.0.1:8000/api/v1/chat/completions
    BENCH_PEER_BAG_HEADERS='{"authorization":"Bearer bedrock"}'
  Bifrost: release 1.6.4 calls AWS whatever endpoint is set, later ones speak TLS to a host named in the provider's key.
    It needs a certificate it trusts in front of UPSTREAM_URL, and BENCH_PEER_BIFROST_MODEL=bedrock/${MODEL_ID}
`
