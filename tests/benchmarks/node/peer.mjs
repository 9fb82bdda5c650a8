// A Node.js pool as a peer: reads lines {"round_trips": n} or {"many": n}, answers each with a line of figures.
import { createInterface } from 'node:readline'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const [kind, workers] = [process.argv[2], Number(process.argv[3])]
const beside = (name) => fileURLToPath(new URL(name, import.meta.url))

async function makeRun () {
  if (kind === 'piscina') {
    const { Piscina } = await import('piscina')
    const pool = new Piscina({ filename: beside('./piscina-worker.mjs'), minThreads: workers, maxThreads: workers })
    return (number) => pool.run(number)
  }
  const { FixedThreadPool, FixedClusterPool } = await import('poolifier')
  const [Pool, worker] =
    kind === 'poolifier-thread'
      ? [FixedThreadPool, 'poolifier-thread-worker.mjs']
      : [FixedClusterPool, 'poolifier-cluster-worker.cjs']
  // With its task queues, as ours: without them every task is sent at once, and none can be stolen.
  const pool = new Pool(workers, beside(worker), { enableTasksQueue: true })
  return (number) => pool.execute(number)
}

function requireRight (results) {
  results.forEach((result, number) => {
    if (result !== number) throw new Error(`wrong result: ${result} instead of ${number}`)
  })
}

async function roundTrips (run, count) {
  const times = []
  const results = []
  for (let number = 0; number < count; number++) {
    const began = performance.now()
    results.push(await run(number))
    times.push((performance.now() - began) * 1000)
  }
  requireRight(results)
  return times
}

async function many (run, count) {
  const began = performance.now()
  const results = await Promise.all(Array.from({ length: count }, (_, number) => run(number)))
  const seconds = (performance.now() - began) / 1000
  requireRight(results)
  return seconds
}

const run = await makeRun()
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  const figures = 'many' in asked ? await many(run, asked.many) : await roundTrips(run, asked.round_trips)
  console.log(JSON.stringify(figures))
}
process.exit(0)
