// Asks the server every two seconds and shows what it says. Nothing that comes from the server is ever markup.
import * as meters from './meters.js';
import { bars, lines } from './charts.js';
import { allowed, headers, key, refused } from './access.js';
import { offer } from './tryit.js';

const PERIOD = 2000;
const REQUESTS = 'hearth_request_duration_seconds';
const ROWS = 'hearth_batch_rows';
const STATES = { AVAILABLE: ['ok', '●'], ERROR: ['bad', '✖'], LOADING: ['warn', '◐'], WARMING: ['warn', '◐'], NEW: ['warn', '○'] };
const by = id => document.getElementById(id);
let models = [], closed = false;

export function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const plain = value => value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value === 0 ? '0' : value.toFixed(2);
function time(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (value < 0.001) return `${Math.round(value * 1e6)} µs`;
  return value < 1 ? `${plain(value * 1000)} ms` : `${plain(value)} s`;
}
function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
function age(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

const REFUSED = outcome => outcome === 'RESOURCE_EXHAUSTED' || outcome === 'UNAVAILABLE';
const FAILED = outcome => outcome !== 'OK' && !REFUSED(outcome);
const scope = () => by('scope').value || undefined;
const ofScope = more => ({ model: scope(), ...more });

async function json(path) {
  const answer = await fetch(path, { headers: headers(), cache: 'no-store' });
  if (answer.status === 401 || answer.status === 403) {
    throw Object.assign(new Error('refused'), { refusal: answer.status });
  }
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function ask() {
  try {
    const [status, snapshot] = await Promise.all([json('functions/model-status'), json('functions/model-status/-/meters')]);
    allowed('figures');
    models = status.models;
    meters.take(snapshot);
    show();
  } catch (problem) {
    if (problem.refusal) shut(problem.refusal);
    else pill('bad', `✖ no answer: ${problem.message}`);
  }
}

// Asks no more until there is another key: the server counts refusals, and so may its operator.
function shut(status) {
  closed = true;
  models = [];
  meters.forget();
  by('about').textContent = '';
  if (status === 403) pill('quiet', '○ figures not shown');
  else pill('warn', key() ? '✖ not with this key' : '○ a key is needed');
  refused('figures', status);
  offer([]);
}

function pill(className, text) {
  const state = by('state');
  if (state.textContent !== text) state.textContent = text;
  state.className = `pill ${className}`;
}

function show() {
  const now = meters.newest();
  const configured = models.filter(model => model.configured);
  const waiting = configured.filter(model => !model.ready);
  if (now.draining) pill('warn', '◐ draining');
  else if (waiting.length > 0) pill('warn', `◐ ${waiting.length} of ${configured.length} models not ready`);
  else pill('ok', '● ready');
  by('about').textContent = `${now.version}, up for ${age(now.uptime)}`;
  choices();
  tiles(now);
  table();
  charts();
  reasons();
  devices(now);
  offer(models);
}

function choices() {
  const select = by('scope');
  const names = ['', ...models.map(model => model.model)];
  if (names.join('\n') !== [...select.options].map(option => option.value).join('\n')) {
    const chosen = select.value;
    select.replaceChildren(...names.map(name => new Option(name || 'all models', name, false, name === chosen)));
  }
}

// The figures of the last ten seconds or so; of all time where the page has just been opened.
function recent() {
  const history = meters.all();
  return history[Math.max(0, history.length - 6)];
}

function tiles(now) {
  const from = recent();
  const rate = filter => meters.rate(from, now, REQUESTS, ofScope(filter));
  const latency = meters.buckets(meters.oldest(), now, REQUESTS, ofScope({ outcome: 'OK' }));
  const batches = meters.grown(meters.oldest(), now, ROWS, ofScope());
  const rows = meters.grownSum(meters.oldest(), now, ROWS, ofScope());
  const refused = rate({ outcome: REFUSED }) + (scope() ? 0 : meters.rate(from, now, 'hearth_refused_total'));
  const entries = [
    ['Requests/s', plain(rate({}))],
    ['Half within', time(meters.quantile(latency, 0.5))],
    ['99 % within', time(meters.quantile(latency, 0.99))],
    ['In flight', plain(meters.total(now, 'hearth_requests_in_flight', ofScope()))],
    ['Waiting', plain(meters.total(now, 'hearth_queue_depth'))],
    ['Rows a batch', batches > 0 ? plain(rows / batches) : '–'],
    ['Refused/s', plain(refused)],
    ['Failed/s', plain(rate({ outcome: FAILED }))],
    ['Cache hits', cacheRatio(now)],
    ['Bytes in flight', bytes(meters.total(now, 'hearth_in_flight_bytes'))],
  ];
  by('tiles').replaceChildren(...entries.map(([name, value]) => {
    const tile = element('div');
    tile.append(element('dt', name), element('dd', value));
    return tile;
  }));
}

// Share of the rows that some tier of the prediction cache had, in the last minutes.
function cacheRatio(now) {
  const name = 'hearth_cache_rows_total';
  if (!meters.has(name)) return 'off';
  const tiers = [...new Set(meters.series(now, name, ofScope()).map(one => one.tags.tier))];
  const grown = filter => meters.grown(meters.oldest() === now ? null : meters.oldest(), now, name, ofScope(filter));
  // A row that the first tier does not have is asked of the next one: the first is asked most.
  const asked = Math.max(0, ...tiers.map(tier => grown({ tier })));
  return asked > 0 ? `${plain(100 * grown({ outcome: 'hit' }) / asked)} %` : '–';
}

function table() {
  const now = meters.newest(), from = recent();
  const rows = [];
  for (const model of models) {
    const versions = model.versions.length > 0 ? model.versions : [{ version: '–', state: 'NONE' }];
    versions.forEach((version, i) => {
      const row = element('tr');
      const head = element('th', i === 0 ? model.model : '');
      head.scope = 'row';
      const filter = { model: model.model, version: String(version.version) };
      const labels = Object.entries(model.labels ?? {}).filter(entry => entry[1] === version.version).map(entry => entry[0]);
      const [tone, sign] = STATES[version.state] ?? ['quiet', '○'];
      const problem = version.error ?? version.healing?.reason;
      const state = element('td', '', problem ? 'wrap' : '');
      state.append(element('span', `${sign} ${version.healing && version.healing.phase !== 'SERVING' ? version.healing.phase : version.state}`, tone));
      if (problem) state.append(element('div', `${problem.code}: ${problem.message}`, 'quiet'));
      const latency = meters.buckets(meters.oldest(), now, REQUESTS, { ...filter, outcome: 'OK' });
      row.append(head,
        element('td', labels.length > 0 ? `${version.version} (${labels.join(', ')})` : String(version.version)),
        state,
        element('td', plain(meters.rate(from, now, REQUESTS, filter)), 'number'),
        element('td', time(meters.quantile(latency, 0.99)), 'number'),
        element('td', version.serving?.device ?? '–'),
        element('td', version.serving ? bytes(version.serving.memoryBytes) : '–', 'number'),
        element('td', version.loadMillis === undefined ? '–' : time(version.loadMillis / 1000), 'number'));
      rows.push(row);
    });
  }
  by('models').replaceChildren(...rows);
}

function charts() {
  const history = meters.all(), now = meters.newest();
  const span = Math.max(60, meters.seconds(history[0], now));
  const steps = history.slice(1).map((to, i) => ({ from: history[i], to, ago: now.uptime - to.uptime }));
  const over = value => steps.map(step => [step.ago, value(step.from, step.to)]);
  const rate = filter => over((from, to) => meters.rate(from, to, REQUESTS, ofScope(filter)));
  const ok = rate({ outcome: 'OK' });
  lines(by('throughput'), span, [
    { name: 'ok', points: ok },
    { name: 'bad', points: rate({ outcome: FAILED }) },
    { name: 'warn', points: over((from, to) => meters.rate(from, to, REQUESTS, ofScope({ outcome: REFUSED })) + (scope() ? 0 : meters.rate(from, to, 'hearth_refused_total'))) },
  ], plain, `Requests per second; now ${plain(ok.length > 0 ? ok[ok.length - 1][1] : 0)} answered`);

  const quantile = share => over((from, to) => meters.quantile(meters.buckets(from, to, REQUESTS, ofScope({ outcome: 'OK' })), share));
  const window = whatToCount(REQUESTS, { outcome: 'OK' });
  lines(by('latency'), span, [{ name: 'ok', points: quantile(0.5) }, { name: 'warn', points: quantile(0.99) }], time,
    `Latency; 99 percent within ${time(meters.quantile(window.counted, 0.99))}`);
  by('window').textContent = window.sinceStart
    ? 'No request came while this page was open: the bars count since the start of the server.'
    : `The bars count the last ${age(meters.seconds(history[0], now))}. Kept by this page, at most five minutes.`;
  histogram(by('latencies'), window.counted, limit => `≤ ${time(limit)}`, 'Requests by latency');
  histogram(by('batches'), whatToCount(ROWS, {}).counted, limit => limit === 1 ? '1' : `≤ ${limit}`, 'Batches by rows');
}

function whatToCount(name, filter) {
  const counted = meters.buckets(meters.oldest(), meters.newest(), name, ofScope(filter));
  if (counted.some(entry => entry[1] > 0)) return { counted, sinceStart: false };
  return { counted: meters.buckets(null, meters.newest(), name, ofScope(filter)), sinceStart: true };
}

function histogram(svg, counted, label, words) {
  const used = counted.map((entry, i) => entry[1] > 0 ? i : -1).filter(i => i >= 0);
  const shown = used.length === 0 ? [] : counted.slice(Math.max(0, used[0] - 1), used[used.length - 1] + 2);
  const entries = shown.map(([limit, count]) => [limit === Infinity ? 'more' : label(limit), count]);
  bars(svg, entries, entries.length === 0 ? `${words}: none yet` : `${words}: ${entries.map(entry => entry.join(': ')).join(', ')}`);
}

function reasons() {
  const now = meters.newest(), from = meters.oldest();
  const reasonsOf = new Map();
  const collect = (name, tag, filter, text) => {
    for (const one of meters.series(now, name, filter)) {
      const reason = text(one.tags[tag] ?? '');
      const same = { ...filter, [tag]: one.tags[tag] };
      reasonsOf.set(reason, [meters.grown(from, now, name, same), meters.total(now, name, same)]);
    }
  };
  if (!scope()) collect('hearth_refused_total', 'reason', {}, reason => `before reading: ${reason}`);
  collect('hearth_batch_refusals_total', 'reason', ofScope(), reason => `by the batcher: ${reason}`);
  collect(REQUESTS, 'outcome', ofScope({ outcome: outcome => outcome !== 'OK' }), outcome => outcome);
  const rows = [...reasonsOf].filter(([, counts]) => counts[1] > 0).map(([reason, counts]) => {
    const row = element('tr');
    const head = element('th', reason);
    head.scope = 'row';
    row.append(head, element('td', plain(counts[0]), 'number'), element('td', plain(counts[1]), 'number'));
    return row;
  });
  by('refusals').replaceChildren(...(rows.length > 0 ? rows : [note('Every request was answered.', 3)]));
}

function note(text, columns) {
  const row = element('tr');
  const cell = element('td', text, 'quiet');
  cell.colSpan = columns;
  row.append(cell);
  return row;
}

function devices(now) {
  const found = new Map();
  const say = (device, text) => found.set(device, [...(found.get(device) ?? []), text]);
  for (const model of models) {
    for (const version of model.versions) {
      if (version.serving) say(version.serving.device, `${model.model} ${version.version}`);
    }
  }
  for (const one of meters.series(now, 'hearth_device_runs_total')) {
    const runs = meters.rate(recent(), now, 'hearth_device_runs_total', one.tags);
    if (runs > 0) say(one.tags.device, `${plain(runs)} runs/s of ${one.tags.model}`);
  }
  const gpu = (name, format) => meters.series(now, name).forEach(one => one.value !== null && say(`GPU ${one.tags.gpu} (NVIDIA)`, format(one.value)));
  gpu('hearth_gpu_utilization_ratio', value => `${plain(100 * value)} % busy`);
  gpu('hearth_gpu_memory_used_bytes', value => `${bytes(value)} taken`);
  gpu('hearth_gpu_temperature_celsius', value => `${plain(value)} °C`);
  const rows = [...found].sort().map(([device, texts]) => {
    const row = element('tr');
    const head = element('th', device);
    head.scope = 'row';
    row.append(head, element('td', texts.join(', ')));
    return row;
  });
  by('devices').replaceChildren(...(rows.length > 0 ? rows : [note('No version is loaded.', 2)]));
}

by('scope').addEventListener('change', show);
by('access').addEventListener('submit', event => { event.preventDefault(); allowed('requests'); closed = false; ask(); });
ask();
setInterval(() => { if (!document.hidden && !closed) ask(); }, PERIOD);
