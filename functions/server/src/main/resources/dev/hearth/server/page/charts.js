// Small charts in SVG. Every chart also says in words what it shows, for people who do not see it.
const NS = 'http://www.w3.org/2000/svg';
const WIDTH = 480, HEIGHT = 176, LEFT = 52, BOTTOM = 22, TOP = 8;

function add(parent, name, attributes, text) {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function begin(svg, top, format, words) {
  svg.replaceChildren();
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', words);
  for (const part of [0, 0.5, 1]) {
    const y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - part);
    add(svg, 'line', { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: 'grid' });
    add(svg, 'text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, format(top * part));
  }
}

// The next of 1, 2, 5, 10, 20 ... that is not below the value.
function round(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(factor => factor * power).find(limit => limit >= value * 0.999);
}

// Lines over time: points are [seconds ago, value or null].
export function lines(svg, seconds, sets, format, words) {
  const top = round(Math.max(0, ...sets.flatMap(set => set.points.map(point => point[1] ?? 0))));
  begin(svg, top, format, words);
  for (const part of [1, 0.5, 0]) {
    const x = LEFT + (WIDTH - LEFT) * (1 - part);
    const text = part === 0 ? 'now' : `${Math.round(seconds * part)} s ago`;
    add(svg, 'text', { x, y: HEIGHT - 5, 'text-anchor': part === 1 ? 'start' : part === 0 ? 'end' : 'middle' }, text);
  }
  for (const set of sets) {
    let path = '', open = false;
    for (const [ago, value] of set.points) {
      if (value === null) { open = false; continue; }
      const x = LEFT + (WIDTH - LEFT) * (1 - Math.min(1, ago / seconds));
      const y = TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(1, value / top));
      // A value between two that are missing is a dot.
      path += `${open ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}${open ? '' : 'h.01'}`;
      open = true;
    }
    add(svg, 'path', { d: path, class: `line ${set.name}` });
  }
}

// Bars: [label, count] each.
export function bars(svg, entries, words) {
  const top = round(Math.max(0, ...entries.map(entry => entry[1])));
  begin(svg, top, value => value >= 1000 ? `${value / 1000}k` : String(Math.round(value * 10) / 10), words);
  const step = (WIDTH - LEFT) / Math.max(1, entries.length);
  const every = Math.ceil(46 / step);
  entries.forEach(([label, count], i) => {
    const height = (HEIGHT - TOP - BOTTOM) * count / top;
    const bar = add(svg, 'rect', { x: LEFT + i * step + 2, width: Math.max(1, step - 4), y: HEIGHT - BOTTOM - height, height, class: 'bar' });
    add(bar, 'title', {}, `${label}: ${count}`);
    if (i % every === 0) add(svg, 'text', { x: LEFT + (i + 0.5) * step, y: HEIGHT - 5, 'text-anchor': 'middle' }, label);
  });
}
