// The calculator: what three values and a user timeout will do to a quiet
// connection, and the same settings in the words of each program.
//
// Read on its page alone. There it fills <div id="calculate">, whose
// data-NAME attributes have the value to begin with and the limits of the
// kernel, and every listing with a data-template. What was chosen stands
// behind the # of the address. Elsewhere (node) it gives its functions.
'use strict';

// What is asked for: the name, as in the address and the templates; the
// words; the unit; whether it may be left empty; a most for those whose
// limits the page does not have (that of an int; a year).
const fields = [
  ['idle', 'Idle time', 's'],
  ['interval', 'Interval', 's'],
  ['count', 'Count', 'probes'],
  ['user-timeout', 'User timeout', 'ms', 'none', 2147483647],
  ['patience', 'A firewall forgets after', 's', 'unknown', 31536000]
];

// estimate(WANT) -> what will happen, as examples/estimate/estimate.c says
// it. All in whole seconds, but for 'user-timeout' in ms; 0 is "none".
//   first     between two probes while all is well
//   givenUp   after the last word of a peer that is dead
//   soonest   after its death, if it died just before a probe
//   forgiven  the longest outage that does no harm at any moment
//   spare     how many lost probes a firewall forgives; -1: not even the
//             first probe is sure to be in time
const estimate = (want) => {
  const { idle, interval, count } = want;
  const timeout = want['user-timeout'];
  const first = Math.max(idle, interval);
  const unanswered = timeout > 0 ? Math.max(1, Math.ceil((timeout - first * 1000) / (interval * 1000))) : count;
  const givenUp = first + unanswered * interval;
  const inTime = (lost) => 9 * (first + lost * interval) < 8 * want.patience;
  let spare = -1;
  while (spare < unanswered - 1 && inTime(spare + 1)) spare += 1;
  return { first, givenUp, soonest: givenUp - first, forgiven: givenUp - first - interval, spare };
};

// A template with its {names} filled in.
const fill = (template, want) => template.replace(/\{([a-z-]+)\}/g, (_, name) => want[name]);

// Seconds in the words of the book: 2 h 11 min 15 s.
const clock = (seconds) => {
  const parts = [[Math.floor(seconds / 3600), 'h'], [Math.floor(seconds / 60) % 60, 'min'], [seconds % 60, 's']];
  return parts.filter(([count]) => count).map((part) => part.join(' ')).join(' ') || '0 s';
};

// What is to be said, line by line: [name, text].
const tell = (want) => {
  const is = estimate(want);
  const hour = (Math.floor((36000 + is.first / 2) / is.first) / 10).toString();
  const lines = [
    ['While all is well', `a probe every ${clock(is.first)}, ${hour} an hour`],
    ['A dead peer is given up', `${clock(is.givenUp)} after its last word, ${clock(Math.ceil(is.givenUp * 9 / 8))} if timers are late`],
    ['That is', `${clock(is.soonest)} to ${clock(is.givenUp)} after its death`],
    ['Outages forgiven', is.forgiven ? `up to ${clock(is.forgiven)}` : 'none']
  ];
  if (want.patience) {
    lines.push(['The firewall', is.spare < 0 ? 'may forget the connection before the probe: choose a shorter idle time'
      : is.spare ? `keeps the connection, even if ${is.spare === 1 ? 'one probe is' : `${is.spare} probes in a row are`} lost`
        : 'keeps the connection, if no probe is lost']);
  }
  return lines;
};

// The value of a field, or what is wrong with it: [value, complaint].
const read = (text, { words, unit, least, most, without }) => {
  if (text.trim() === '' && without) return [0, ''];
  const value = Number(text);
  if (/^\s*\d+\s*$/.test(text) && value >= least && value <= most) return [value, ''];
  return [NaN, `${words}: a whole number from ${least} to ${most}${unit === 'probes' ? '' : ` ${unit}`}${without ? ', or nothing' : ''}, please.`];
};

// Where things stand on a line of WIDTH: the wait before the first probe
// takes its share, but leaves room for what follows. Returns a function
// from seconds to x, and whether the wait was shortened.
const scale = (first, last, left, width) => {
  const share = Math.min(first / last, 0.4);
  const x = (at) => left + width * (at <= first ? share * at / first : share + (1 - share) * (at - first) / (last - first));
  return { x, shortened: first / last > 0.4 };
};

if (typeof module === 'object') module.exports = { estimate, fill, tell, clock, read, fields };

if (typeof document === 'object') (() => {
  const place = document.getElementById('calculate');
  // The namespace of pictures, without writing down its address.
  const SVG = new DOMParser().parseFromString('<svg></svg>', 'text/html').body.firstChild.namespaceURI;
  const make = (name, attributes = {}, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };
  const draw = (name, attributes, text) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    return element;
  };

  // --- What is asked for ---------------------------------------------------

  const asked = fields.map(([name, words, unit, without, limit]) => {
    const [value, least = 0, most = limit] = (place.getAttribute(`data-${name}`) || '').split(' ').filter(Boolean).map(Number);
    const input = make('input', { id: `ask-${name}`, 'aria-describedby': 'complaints', type: 'text', inputmode: 'numeric', autocomplete: 'off', size: 8, value: value || '' });
    if (without) input.placeholder = without;
    return { name, words, unit, without, least, most, input };
  });
  const complaints = make('p', { id: 'complaints', role: 'alert' });
  const form = make('div', { role: 'group', 'aria-label': 'Your values', class: 'ask' }, ...asked.map(({ words, unit, input }) =>
    make('label', {}, `${words} `, make('span', { class: 'given' }, input, ` ${unit}`))));

  // --- The picture ----------------------------------------------------------

  // On a phone a narrower one, so that its words stay legible.
  const WIDTH = place.clientWidth < 440 ? 280 : 480;
  const [LEFT, RIGHT, AXIS] = [12, 22, 62];
  const picture = draw('svg', { viewBox: `0 0 ${WIDTH} 132`, role: 'img' });
  const timeline = (want) => {
    const { first, givenUp } = estimate(want);
    const { x, shortened } = scale(first, givenUp, LEFT, WIDTH - LEFT - RIGHT);
    const path = (d, kind) => picture.append(draw('path', { d, class: kind }));
    const word = (at, y, text, kind = '') => picture.append(draw('text', { x: at, y, class: kind }, text));
    picture.replaceChildren();
    path(`M${x(0)} ${AXIS}H${x(givenUp)}`, 'soft thin');
    if (shortened) path(`M${x(first / 2) - 5} ${AXIS + 6}l4 -12m4 12l4 -12`, 'soft');
    const fits = (from, to, text) => text.length * 6.6 < x(to) - x(from);
    const span = (from, to, text) => {
      path(`M${x(from) + 2} 28v8H${x(to) - 2}v-8`, 'soft thin');
      if (fits(from, to, text)) word((x(from) + x(to)) / 2, 20, text, 'middle');
    };
    const probes = Math.round((givenUp - first) / want.interval);
    const wait = `${first === want.idle ? 'idle time' : 'interval'} ${clock(first)}`;
    span(0, first, fits(0, first, wait) ? wait : clock(first));
    // Of very many probes only some can be told apart.
    const step = Math.max(1, Math.ceil(probes / 40));
    for (let i = 0; i < probes; i += step) {
      const at = x(first + i * want.interval);
      path(`M${at} 46V69`, 'probe');
      path(`M${at} 74l-4 -8h8z`, 'probe solid');
    }
    if (probes <= 12 && fits(first, first + want.interval, clock(want.interval))) for (let i = 0; i < probes; i += 1) span(first + i * want.interval, first + (i + 1) * want.interval, clock(want.interval));
    else span(first, givenUp, `${probes} intervals of ${clock(want.interval)}`);
    path(`M${x(givenUp) - 5} ${AXIS - 5}l10 10m0 -10l-10 10`, 'lost');
    word(2, 92, '0 s');
    word(2, 110, 'last word', 'soft');
    const near = x(givenUp) - x(first) < 130 || x(first) < 100;
    if (!near) {
      word(x(first), 92, clock(first), 'middle');
      word(x(first), 110, 'first probe', 'middle probe');
    }
    word(WIDTH - 2, 92, clock(givenUp), 'end');
    word(WIDTH - 2, 110, 'given up', 'end lost');
    if (want.patience && want.patience < givenUp) {
      path(`M${x(want.patience)} 40V84`, 'lost dashed');
      word(Math.min(Math.max(x(want.patience), 60), WIDTH - 60), 127, `forgotten ${clock(want.patience)}`, 'middle lost');
    }
    const story = `Time line. 0 s: the last word of the peer. ${clock(first)}: the first probe. Then a probe every ${clock(want.interval)}, ${probes} in all. ${clock(givenUp)}: given up.`;
    picture.setAttribute('aria-label', story);
  };

  // --- All of it -------------------------------------------------------------

  const said = make('dl', { class: 'horizontal' });
  const forms = [...document.querySelectorAll('[data-template]')];
  const show = () => {
    const want = {};
    const wrong = [];
    for (const field of asked) {
      const [value, complaint] = read(field.input.value, field);
      want[field.name] = value;
      if (complaint) wrong.push(complaint);
      field.input.setAttribute('aria-invalid', complaint !== '');
    }
    complaints.textContent = wrong.join(' ');
    if (wrong.length) return false;
    said.replaceChildren(...tell(want).flatMap(([name, text]) => [make('dt', {}, name), make('dd', {}, text)]));
    timeline(want);
    for (const listing of forms) listing.querySelector('pre').textContent = fill(listing.dataset.template, want);
    return true;
  };

  // What was chosen, in the address and back.
  const write = () => {
    const chosen = asked.filter(({ input }) => input.value.trim() !== '').map(({ name, input }) => `${name}=${input.value.trim()}`);
    history.replaceState(null, '', `#${chosen.join('&')}`);
  };
  const follow = () => {
    if (!location.hash.includes('=')) return;
    const given = new URLSearchParams(location.hash.slice(1));
    for (const { name, without, input } of asked) {
      if (given.has(name)) input.value = given.get(name);
      else if (without) input.value = '';
    }
    show();
  };

  form.addEventListener('input', () => { if (show()) write(); });
  addEventListener('hashchange', follow);
  place.append(form, complaints, make('div', { role: 'status' }, said), make('figure', { class: 'picture' }, picture));
  show();
  follow();
})();
