import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { COMMANDS, ThawError, decodeAnswer, encodeCommand, wrongCommand } from '../worker/protocol.js'

const messages = JSON.parse(readFileSync(new URL('../../wasm/bridge/testdata/messages.json', import.meta.url), 'utf8'))

test('commands are taken and refused as Go takes and refuses them', () => {
  for (const { json, command, error } of messages.commands) {
    const said = wrongCommand(JSON.parse(json))
    if (error === undefined) assert.equal(said, '', json)
    else assert.ok(said !== '' && said.includes(error), `${json}: ${JSON.stringify(said)} should hold ${JSON.stringify(error)}`)
    if (command) assert.equal(JSON.parse(json).cmd, command)
  }
})

test('the fixtures have every command', () => {
  const seen = new Set(messages.commands.map(({ command }) => command))
  assert.deepEqual(Object.keys(COMMANDS).filter((name) => !seen.has(name)), [])
})

test('a command is written as it was', () => {
  for (const { json, error } of messages.commands) {
    if (error === undefined) assert.deepEqual(JSON.parse(encodeCommand(JSON.parse(json))), JSON.parse(json))
  }
  assert.throws(() => encodeCommand({ id: 1, cmd: 'predict', args: { text: 'x' } }), (e) => e instanceof ThawError && e.code === 'message' && /"text"/.test(e.message))
})

test('answers are read', () => {
  for (const { json, kind } of messages.answers) {
    const answer = decodeAnswer(json)
    assert.ok(answer.id >= 1)
    assert.deepEqual(Object.keys(answer).filter((key) => key !== 'id'), [kind])
  }
})

test('answers that are none are refused', () => {
  for (const json of ['{"id":1}', '{"id":1,"reply":{},"event":{}}', '{"id":1,"reply":[]}', '{"id":1,"more":{}}', '{"id":1,"error":{"code":"x","why":"y"}}']) {
    assert.throws(() => decodeAnswer(json), (e) => e instanceof ThawError && e.code === 'message', json)
  }
})
