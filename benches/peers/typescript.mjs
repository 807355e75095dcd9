// Powertools for AWS Lambda in TypeScript, and the handler alone: takes turns on standard input and output.
//
//     node typescript.mjs SUBJECT EVENTS

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { BasePersistenceLayer } from '@aws-lambda-powertools/idempotency/persistence';

const COMPLETED = 1_000;
const CACHED = 100_000;
const HUNDRED = 100;

let runs = 0;

const charge = async (event, _context) => {
  runs += 1;
  return {
    orderId: event.orderId,
    chargeId: 'ch_5f0c8e7d91ab4c',
    amountCents: event.amountCents,
  };
};

// The smallest that guards: records in a map.
class InMemoryPersistenceLayer extends BasePersistenceLayer {
  #records = new Map();

  async _getRecord(idempotencyKey) {
    const found = this.#records.get(idempotencyKey);
    if (!found) throw new IdempotencyItemNotFoundError();
    return found;
  }

  async _putRecord(record) {
    const found = this.#records.get(record.idempotencyKey);
    if (found && !found.isExpired()) {
      throw new IdempotencyItemAlreadyExistsError('it exists', found);
    }
    this.#records.set(record.idempotencyKey, record);
  }

  async _updateRecord(record) {
    this.#records.set(record.idempotencyKey, record);
  }

  async _deleteRecord(record) {
    this.#records.delete(record.idempotencyKey);
  }
}

// What the Lambda runtime hands over, as far as it is asked.
const context = { getRemainingTimeInMillis: () => 900_000 };

function subject(name) {
  if (name === 'handler') return charge;
  const persistenceStore =
    name === 'memory' ? new InMemoryPersistenceLayer() : new DynamoDBPersistenceLayer({ tableName: 'records' });
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'orderId',
    useLocalCache: name === 'cache',
    // 1,000 unless it is told otherwise: new results would drive out those to replay.
    maxLocalCacheSize: CACHED,
  });
  return makeIdempotent(charge, { persistenceStore, config });
}

async function take(call, events, turn) {
  const before = runs;
  const wall = [];
  let cpu = 0;
  for (let hundred = 0; hundred <= turn.hundreds; hundred++) {
    const hundredEvents = Array.from({ length: HUNDRED }, () => events[turn.call]());
    const walls = [];
    const processor = process.cpuUsage();
    const together = process.hrtime.bigint();
    if (turn.pace === 'each') {
      for (const event of hundredEvents) {
        const start = process.hrtime.bigint();
        await call(event, context);
        walls.push(Number(process.hrtime.bigint() - start));
      }
    } else {
      for (const event of hundredEvents) await call(event, context);
      walls.push(Number(process.hrtime.bigint() - together) / HUNDRED);
    }
    const { user, system } = process.cpuUsage(processor);
    if (hundred > 0) {
      wall.push(...walls);
      cpu += (user + system) * 1_000;
    }
  }
  return { wall, cpu, runs: runs - before };
}

const [name, path] = process.argv.slice(2);
const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
let [fresh, repeated] = [COMPLETED, 0];
const events = {
  first: () => JSON.parse(lines[fresh++]),
  replay: () => JSON.parse(lines[repeated++ % COMPLETED]),
};
const call = subject(name);
for (let number = 0; number < 2 * COMPLETED; number++) await call(events.replay(), context);

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const packages = name === 'handler' ? [] : Object.entries(dependencies).map((named) => named.join(' '));
console.log(JSON.stringify({ versions: [`Node ${process.versions.node}`, ...packages] }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await take(call, events, JSON.parse(line))));
}
