import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import CounterPart from 'prom-client/lib/counter.js'
import collectPart from 'prom-client/lib/defaultMetrics.js'
import GaugePart from 'prom-client/lib/gauge.js'
import RegistryPart from 'prom-client/lib/registry.js'

test('what is loaded without the index of its package is what the index exports', () => {
  assert.equal(CounterPart, Counter)
  assert.equal(GaugePart, Gauge)
  assert.equal(RegistryPart, Registry)
  assert.equal(collectPart, collectDefaultMetrics)
})
