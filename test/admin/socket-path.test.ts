import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listSocketCandidates, resolveAdminSocket } from '../../src/admin/socket-path.js'

const ALL = {
  BEDROCKD_ADMIN_SOCKET: '/named.sock',
  RUNTIME_DIRECTORY: '/run/bedrockd/1:/run/other',
  XDG_RUNTIME_DIR: '/run/user/7',
  STATE_DIRECTORY: '/var/lib/bedrockd',
  HOME: '/home/seven',
}

test('the daemon listens at the named socket, else at the first place it has', () => {
  const { BEDROCKD_ADMIN_SOCKET: _named, ...unnamed } = ALL
  const { RUNTIME_DIRECTORY: _runtime, ...user } = unnamed
  const { XDG_RUNTIME_DIR: _user, ...bare } = user
  assert.equal(resolveAdminSocket(ALL), '/named.sock')
  assert.equal(resolveAdminSocket(unnamed), '/run/bedrockd/1/admin.sock')
  assert.equal(resolveAdminSocket(user), '/run/user/7/bedrockd/admin.sock')
  assert.equal(resolveAdminSocket(bare), '/var/lib/bedrockd/admin.sock')
  assert.equal(resolveAdminSocket(bare, '/configured'), '/configured/admin.sock')
  assert.equal(resolveAdminSocket({ HOME: '/home/seven' }), '/home/seven/.local/state/bedrockd/admin.sock')
})

test('an empty variable counts as not set', () => {
  const environment = { ...ALL, BEDROCKD_ADMIN_SOCKET: '', RUNTIME_DIRECTORY: '', XDG_RUNTIME_DIR: '' }
  assert.equal(resolveAdminSocket(environment), '/var/lib/bedrockd/admin.sock')
})

test('bedrockctl looks where the daemon listens, and where systemd lets it listen', () => {
  const { BEDROCKD_ADMIN_SOCKET: _named, ...unnamed } = ALL
  assert.deepEqual(listSocketCandidates(unnamed, {}), {
    explicit: false,
    paths: [
      '/run/bedrockd/1/admin.sock',
      '/run/user/7/bedrockd/admin.sock',
      '/var/lib/bedrockd/admin.sock',
      '/run/bedrockd/admin.sock',
    ],
  })
})

test('--socket goes before the variable, the variable before --instance', () => {
  const paths = (environment: object, choice: { socket?: string; instance?: string }) =>
    listSocketCandidates(environment, choice).paths
  assert.deepEqual(paths(ALL, { socket: '/flag.sock', instance: '2' }), ['/flag.sock'])
  assert.deepEqual(paths(ALL, { instance: '2' }), ['/named.sock'])
  assert.deepEqual(paths({}, { instance: '2' }), ['/run/bedrockd/2/admin.sock'])
})

test('an instance name that is no file name is refused', () => {
  for (const instance of ['', '.', '..', 'a/b', 'a b', '\n']) {
    assert.throws(() => listSocketCandidates({}, { instance }), RangeError)
  }
})
