// A drawing made small: strokes on a fine grid, of which each pixel of the model's picture counts what is inked.
const FINE = 4;
const PEN = 1.7;
const canvas = document.getElementById('canvas');
const brush = canvas.getContext('2d');
let side = 8, ink = new Uint8Array(0), cursor = null, last = null, tell = () => {};

const size = () => side * FINE;

function show() {
  const step = canvas.width / size();
  brush.fillStyle = '#ffffff';
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.strokeStyle = '#e7e5e4';
  for (let i = 1; i < side; i++) {
    brush.strokeRect(i * FINE * step, -1, 0, canvas.height + 2);
    brush.strokeRect(-1, i * FINE * step, canvas.width + 2, 0);
  }
  brush.fillStyle = '#1c1917';
  ink.forEach((inked, i) => {
    if (inked) brush.fillRect((i % size()) * step, Math.floor(i / size()) * step, step + 0.5, step + 0.5);
  });
  if (cursor && document.activeElement === canvas) {
    brush.strokeStyle = '#b43c06';
    brush.lineWidth = 3;
    brush.strokeRect(cursor.x * FINE * step, cursor.y * FINE * step, FINE * step, FINE * step);
    brush.lineWidth = 1;
  }
}

function dot(x, y) {
  for (let row = Math.ceil(y - PEN); row <= y + PEN; row++) {
    for (let column = Math.ceil(x - PEN); column <= x + PEN; column++) {
      const inside = (column - x) ** 2 + (row - y) ** 2 <= PEN ** 2;
      if (inside && row >= 0 && column >= 0 && row < size() && column < size()) ink[row * size() + column] = 1;
    }
  }
}

function stroke(from, to) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
  for (let i = 0; i <= steps; i++) dot(from.x + (to.x - from.x) * i / steps, from.y + (to.y - from.y) * i / steps);
}

function place(event) {
  const area = canvas.getBoundingClientRect();
  return { x: (event.clientX - area.left) / area.width * size() - 0.5, y: (event.clientY - area.top) / area.height * size() - 0.5 };
}

canvas.addEventListener('pointerdown', event => {
  canvas.setPointerCapture(event.pointerId);
  last = place(event);
  stroke(last, last);
  show();
});
canvas.addEventListener('pointermove', event => {
  if (!last) return;
  const now = place(event);
  stroke(last, now);
  last = now;
  show();
});
const lift = () => {
  if (last) { last = null; tell(true); }
};
canvas.addEventListener('pointerup', lift);
canvas.addEventListener('pointercancel', lift);

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
canvas.addEventListener('keydown', event => {
  cursor ??= { x: side >> 1, y: 0 };
  const move = MOVES[event.key];
  if (move) {
    cursor = { x: Math.min(side - 1, Math.max(0, cursor.x + move[0])), y: Math.min(side - 1, Math.max(0, cursor.y + move[1])) };
  } else if (event.key === ' ') {
    const inked = ink[(cursor.y * FINE + 1) * size() + cursor.x * FINE + 1];
    for (let y = 0; y < FINE; y++) ink.fill(inked ? 0 : 1, (cursor.y * FINE + y) * size() + cursor.x * FINE, (cursor.y * FINE + y) * size() + (cursor.x + 1) * FINE);
    tell(false);
  } else {
    return;
  }
  event.preventDefault();
  canvas.setAttribute('aria-label', `Drawing area, row ${cursor.y + 1}, column ${cursor.x + 1}`);
  show();
});
canvas.addEventListener('focus', show);
canvas.addEventListener('blur', show);

export const drawing = {
  begin(newSide) {
    if (newSide !== side || ink.length === 0) {
      side = newSide;
      ink = new Uint8Array(size() * size());
      cursor = null;
    }
    show();
  },
  clear() {
    ink.fill(0);
    show();
  },
  // From 0 to 16 on pictures of 8 x 8, as in the digits of the UCI repository; from 0 to 1 on others.
  pixels() {
    const pixels = new Array(side * side).fill(0);
    ink.forEach((inked, i) => {
      pixels[Math.floor(Math.floor(i / size()) / FINE) * side + Math.floor((i % size()) / FINE)] += inked;
    });
    return side === 8 ? pixels : pixels.map(count => count / (FINE * FINE));
  },
  // Called with true when a stroke has ended, with false for a change by keys.
  listen(listener) { tell = listener; },
};
