// What the server counted since its start, and what of it happened within the last minutes.
const MOST = 150;
const history = [];

export function take(snapshot) {
  // A server that was started anew counts from zero: what was before is another story.
  if (history.length > 0 && snapshot.uptime < history[history.length - 1].uptime) history.length = 0;
  history.push(snapshot);
  if (history.length > MOST) history.shift();
}

export function forget() {
  history.length = 0;
}

export const newest = () => history[history.length - 1];
export const oldest = () => history[0];
export const all = () => history;
export const seconds = (from, to) => Math.max(0.001, to.uptime - from.uptime);

function matches(series, filter) {
  return Object.entries(filter).every(([tag, want]) =>
    want instanceof Function ? want(series.tags[tag]) : want === undefined || series.tags[tag] === undefined || series.tags[tag] === want);
}

export const series = (snapshot, name, filter = {}) =>
  (snapshot.meters[name]?.series ?? []).filter(one => matches(one, filter));

const number = one => one.count ?? one.value ?? 0;

export const total = (snapshot, name, filter) => series(snapshot, name, filter).reduce((sum, one) => sum + number(one), 0);
export const sum = (snapshot, name, filter) => series(snapshot, name, filter).reduce((all, one) => all + (one.sum ?? 0), 0);
export const grown = (from, to, name, filter) => Math.max(0, total(to, name, filter) - (from ? total(from, name, filter) : 0));
export const grownSum = (from, to, name, filter) => Math.max(0, sum(to, name, filter) - (from ? sum(from, name, filter) : 0));
export const rate = (from, to, name, filter) => grown(from, to, name, filter) / seconds(from, to);
export const has = name => newest()?.meters[name] !== undefined;

// Counts of each bucket by itself: [[upper limit, count] ...], the last limit is infinite.
export function buckets(from, to, name, filter) {
  const limits = to.meters[name]?.le ?? [];
  const upTo = new Array(limits.length + 1).fill(0);
  const collect = (snapshot, sign) => {
    if (!snapshot) return;
    for (const one of series(snapshot, name, filter)) {
      (one.buckets ?? []).forEach((count, i) => { upTo[i] += sign * count; });
      upTo[limits.length] += sign * (one.count ?? 0);
    }
  };
  collect(to, 1);
  collect(from, -1);
  return upTo.map((count, i) => [limits[i] ?? Infinity, Math.max(0, count - (i > 0 ? upTo[i - 1] : 0))]);
}

// The value below which this share lies, by the limits of buckets; null where nothing was counted.
export function quantile(counted, share) {
  const all = counted.reduce((sum, entry) => sum + entry[1], 0);
  if (all === 0) return null;
  let below = 0, lower = 0;
  for (const [limit, count] of counted) {
    if (below + count >= share * all && count > 0) {
      return limit === Infinity ? lower : lower + (limit - lower) * (share * all - below) / count;
    }
    below += count;
    lower = limit;
  }
  return lower;
}
