// A request made from the signature, sent, and its answer shown.
import { allowed, headers, key, refused } from './access.js';
import { drawing } from './drawing.js';

const by = id => document.getElementById(id);
let models = [];
let shown = '';

export function offer(now) {
  models = now.filter(model => model.versions.some(version => version.serving));
  const state = JSON.stringify(models.map(model => [model.model, model.versions.map(version => [version.version, version.serving?.signatures])]));
  if (state === shown) return;
  shown = state;
  fill(by('model'), models.map(model => model.model), models.some(model => model.model === 'digits') ? 'digits' : undefined);
  modelChosen();
}

function fill(select, values, first) {
  const chosen = values.includes(select.value) ? select.value : first;
  select.replaceChildren(...values.map(value => new Option(value, value, false, value === chosen)));
}

const model = () => models.find(one => one.model === by('model').value);
const version = () => model()?.versions.find(one => String(one.version) === by('version').value);
const signature = () => version()?.serving?.signatures[by('signature').value];

function modelChosen() {
  fill(by('version'), model() ? model().versions.filter(one => one.serving).map(one => String(one.version)) : []);
  versionChosen();
}

function versionChosen() {
  fill(by('signature'), Object.keys(version()?.serving.signatures ?? {}), 'serving_default');
  signatureChosen();
}

// "DT_FLOAT (?, 8, 8, 1)" and the like: the type's name, and the numbers of the shape.
function parse(text) {
  const [type, ...rest] = text.split(' ');
  return { type: type.toLowerCase(), dims: (rest.join(' ').match(/-?\d+|\?/g) ?? []).map(dim => dim === '?' ? -1 : Number(dim)) };
}

const verb = () => {
  const method = signature()?.method ?? '';
  return method.endsWith('/classify') ? 'classify' : method.endsWith('/regress') ? 'regress' : 'predict';
};

// Of a shape, one row: zeros, false, empty texts.
function example(spec) {
  const zero = spec.type.includes('string') ? '' : spec.type.includes('bool') ? false : spec.type.includes('float') || spec.type.includes('double') || spec.type.includes('half') ? 1.0 : 1;
  const build = dims => dims.length === 0 ? zero : Array.from({ length: Math.min(Math.max(1, dims[0]), 4096) }, () => build(dims.slice(1)));
  return build(spec.dims);
}

// The alias and side of an input that one can draw on: a square picture of numbers, one row at a time.
function picture() {
  const inputs = Object.entries(signature()?.inputs ?? {}).map(([alias, text]) => [alias, parse(text)]);
  if (verb() !== 'predict' || inputs.length !== 1) return null;
  const [alias, spec] = inputs[0];
  const dims = spec.dims.slice(1);
  const square = dims.length >= 2 && dims[0] === dims[1] && dims.slice(2).every(dim => dim === 1);
  const flat = dims.length === 1 && (dims[0] === 64 || dims[0] === 784);
  const side = square ? dims[0] : flat ? Math.sqrt(dims[0]) : 0;
  return side >= 8 && side <= 32 && !spec.type.includes('string') ? { alias, side, dims } : null;
}

function signatureChosen() {
  const picked = picture();
  by('drawing').hidden = picked === null;
  if (picked) {
    drawing.begin(picked.side);
    drawn();
    return;
  }
  const inputs = Object.entries(signature()?.inputs ?? {});
  const request = { signature_name: by('signature').value };
  if (verb() === 'predict') {
    request.inputs = Object.fromEntries(inputs.map(([alias, text]) => [alias, example(parse(text))]));
  } else {
    // What features an example has only the model knows; the model of the demo is known here, too.
    const known = { diabetes: { age: 46, sex: 1, bmi: 20.6, bp: 73, s1: 172, s2: 107, s3: 51, s4: 3, s5: 4.2485, s6: 80 }, digits: { image: new Array(64).fill(0) } };
    request.examples = [known[by('model').value] ?? { x: 1.0 }];
  }
  write(request);
}

// JSON for people: what fits on a line is on one.
function pretty(value, indent = '') {
  const flat = JSON.stringify(value);
  if (flat.length + indent.length < 100 || typeof value !== 'object' || value === null) return flat.replace(/,/g, typeof value === 'object' ? ', ' : ',');
  const inner = `${indent} `;
  return Array.isArray(value)
    ? `[\n${value.map(one => inner + pretty(one, inner)).join(',\n')}\n${indent}]`
    : `{\n${Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${pretty(one, inner)}`).join(',\n')}\n${indent}}`;
}

function write(request) {
  by('body').value = pretty(request);
  command();
}

// Numbers of a side x side picture in the shape that the signature wants.
function shaped(pixels, side, dims) {
  if (dims.length === 1) return pixels;
  const wrap = value => dims.slice(2).reduce(inner => [inner], value);
  return Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => wrap(pixels[y * side + x])));
}

function drawn() {
  const picked = picture();
  if (picked) write({ signature_name: by('signature').value, instances: [{ [picked.alias]: shaped(drawing.pixels(), picked.side, picked.dims) }] });
}

const target = () => `v1/models/${encodeURIComponent(by('model').value)}/versions/${encodeURIComponent(by('version').value)}:${verb()}`;

function command() {
  const quoted = by('body').value.replace(/\s*\n\s*/g, ' ').replace(/'/g, `'\\''`);
  const header = key() ? ' -H "Authorization: Bearer $KEY"' : '';
  by('command').textContent = `curl${header} -d '${quoted}' ${new URL(target(), document.baseURI)}`;
}

let sending = false, again = false;

async function send() {
  if (sending) { again = true; return; }
  sending = true;
  by('send').disabled = true;
  const begun = performance.now();
  try {
    const answer = await fetch(target(), { method: 'POST', headers: { 'content-type': 'application/json', ...headers() }, body: by('body').value });
    const text = await answer.text();
    const cache = answer.headers.get('hearth-cache');
    by('took').textContent = `${answer.status}, ${(performance.now() - begun).toFixed(1)} ms seen from here${cache ? `, cache: ${cache}` : ''}`;
    if (answer.status === 401 || answer.status === 403) refused('requests', answer.status);
    else allowed('requests');
    present(text, answer.ok);
  } catch (problem) {
    by('took').textContent = '';
    present(`No answer: ${problem.message}`, false);
  }
  by('send').disabled = false;
  sending = false;
  if (again) { again = false; send(); }
}

function present(text, ok) {
  by('best').textContent = '';
  by('bars').replaceChildren();
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    by('text').textContent = text;
    return;
  }
  by('text').textContent = pretty(value);
  if (ok) scores(value);
}

// One row of a few numbers that add up to one is a choice among classes.
function scores(value) {
  const row = (value.predictions ?? value.outputs ?? [])[0];
  const lists = Array.isArray(row) ? [row] : row && typeof row === 'object' ? Object.values(row) : [];
  const found = lists.find(list => Array.isArray(list) && list.length > 1 && list.length <= 20 && list.every(one => typeof one === 'number' && one >= 0)
    && Math.abs(list.reduce((sum, one) => sum + one, 0) - 1) < 0.01);
  if (!found) return;
  const best = found.indexOf(Math.max(...found));
  by('best').textContent = `${best} with ${(100 * found[best]).toFixed(1)} %`;
  by('bars').replaceChildren(...found.map((score, i) => {
    const line = document.createElement('div');
    line.className = 'row';
    const name = document.createElement('span');
    name.textContent = String(i);
    const bar = document.createElement('progress');
    bar.max = 1;
    bar.value = score;
    bar.setAttribute('aria-label', `class ${i}`);
    const share = document.createElement('span');
    share.className = 'number';
    share.textContent = `${(100 * score).toFixed(1)} %`;
    line.append(name, bar, share);
    return line;
  }));
}

// A key that may not see all models can ask for one: TensorFlow Serving's metadata, read as model-status has it.
async function lookUp() {
  const name = by('name').value.trim();
  try {
    const answer = await fetch(`v1/models/${encodeURIComponent(name)}/metadata`, { headers: headers(), cache: 'no-store' });
    const found = await answer.json();
    by('found').textContent = answer.ok ? '' : `${answer.status}: ${found.error ?? 'not found'}`;
    offer(answer.ok ? [described(name, found)] : []);
    document.body.classList.toggle('asking', answer.ok);
  } catch (problem) {
    by('found').textContent = `No answer: ${problem.message}`;
  }
}

function described(name, metadata) {
  const shape = spec => spec.tensor_shape?.unknown_rank ? '' : ` (${(spec.tensor_shape?.dim ?? []).map(dim => Number(dim.size) < 0 ? '?' : dim.size).join(', ')})`;
  const signatures = Object.entries(metadata.metadata.signature_def.signature_def).map(([signature, def]) => [signature, {
    method: def.method_name,
    inputs: Object.fromEntries(Object.entries(def.inputs).map(([alias, spec]) => [alias, spec.dtype + shape(spec)])),
  }]);
  return { model: name, versions: [{ version: Number(metadata.model_spec.version), serving: { signatures: Object.fromEntries(signatures) } }] };
}

by('lookup').addEventListener('submit', event => { event.preventDefault(); if (by('name').value.trim()) lookUp(); });
by('access').addEventListener('submit', command);
by('model').addEventListener('change', modelChosen);
by('version').addEventListener('change', versionChosen);
by('signature').addEventListener('change', signatureChosen);
by('body').addEventListener('input', command);
by('clear').addEventListener('click', () => { drawing.clear(); drawn(); });
by('ask').addEventListener('submit', event => { event.preventDefault(); send(); });
drawing.listen(done => { drawn(); if (done) send(); });
