// The search, read when it is first used, behind lunr and `texts`: for
// each section its [address, chapter, title, text].
'use strict';
(() => {
  const words = (text) => text.toLowerCase().split(/[^\p{L}\p{N}_]+/u).filter(Boolean);

  const index = lunr(function () {
    this.ref('number');
    this.field('title', { boost: 4 });
    this.field('text');
    // Names are searched for as they are written: no stems, no stop words.
    this.pipeline.reset();
    this.searchPipeline.reset();
    this.tokenizer = (text) => words(text || '').map((word, i) => new lunr.Token(word, { index: i }));
    texts.forEach(([, , title, text], number) => this.add({ number, title, text }));
  });

  // The sections that have every word, or names that a word is a part of,
  // best first; `near` allows for a typing error.
  const ask = (query, near) => {
    const { REQUIRED } = lunr.Query.presence;
    const { LEADING, TRAILING } = lunr.Query.wildcard;
    const found = index.query((q) => {
      for (const word of words(query)) {
        q.term(word, near ? { presence: REQUIRED, editDistance: word.length > 7 ? 2 : 1 } : { presence: REQUIRED, wildcard: LEADING | TRAILING });
        q.term(word, { boost: 8 });
        q.term(word, { boost: 2, wildcard: TRAILING });
      }
    });
    const whole = query.toLowerCase();
    const worth = ({ ref, score }) => {
      const [, chapter, title, text] = texts[ref].map((part) => part.toLowerCase());
      return score * (`${title} ${text}`.includes(whole) ? 2 : 1) * (title === chapter && title.includes(whole) ? 2 : 1);
    };
    return found.sort((a, b) => worth(b) - worth(a)).map(({ ref }) => texts[ref]);
  };

  const search = (query) => {
    if (!words(query).length) return [];
    const found = ask(query, false);
    return found.length ? found : ask(query, true);
  };

  // The text around what was found, with the words marked.
  const excerpt = (text, query) => {
    const literal = (string) => string.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const pattern = new RegExp(`(${[query, ...words(query)].map(literal).join('|')})`, 'iu');
    const whole = text.toLowerCase().indexOf(query.toLowerCase());
    const at = whole >= 0 ? whole : Math.max(0, text.search(pattern));
    const start = at > 50 ? text.lastIndexOf(' ', at - 40) + 1 : 0;
    let part = text.slice(start, start + 170);
    if (start + 170 < text.length) part = part.replace(/\s\S*$/, '');
    const line = document.createElement('small');
    line.append(...(start ? '… ' : '').concat(part, part.length < text.length - start ? ' …' : '').split(pattern).map((piece, i) => {
      if (i % 2 === 0) return piece;
      const mark = document.createElement('mark');
      mark.textContent = piece;
      return mark;
    }));
    return line;
  };

  const dialog = document.createElement('dialog');
  dialog.id = 'search';
  dialog.setAttribute('aria-label', 'Search');
  const make = (name, id, parent, more) => Object.assign(parent.appendChild(document.createElement(name)), { id }, more);
  const form = make('form', 'search-form', dialog, { method: 'dialog' });
  form.setAttribute('role', 'search');
  const input = make('input', 'search-input', form, { type: 'search', autocomplete: 'off', spellcheck: false, placeholder: 'A word, an option, an error' });
  input.setAttribute('aria-label', 'Search in the book');
  make('button', 'search-close', form, { type: 'button', textContent: 'Close' }).addEventListener('click', () => dialog.close());
  const status = make('p', 'search-status', dialog, {});
  status.setAttribute('role', 'status');
  const list = make('ul', 'search-results', dialog);
  document.body.append(dialog);

  const here = document.querySelector('.home').href.replace(/[^/]*$/, '');
  const show = () => {
    const query = input.value.trim();
    const found = search(query);
    list.replaceChildren(...found.slice(0, 20).map(([address, chapter, title, text]) => {
      const link = document.createElement('a');
      link.href = here + address;
      const name = link.appendChild(document.createElement('b'));
      name.textContent = title;
      if (title !== chapter) link.append(` ${chapter}`);
      link.append(excerpt(text, query));
      const item = document.createElement('li');
      item.append(link);
      return item;
    }));
    list.scrollTop = 0;
    status.textContent = !query ? '' : !found.length ? 'Nothing was found.'
      : `${found.length} section${found.length > 1 ? 's' : ''}${found.length > 20 ? ', the best 20' : ''}`;
  };

  input.addEventListener('input', show);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    list.querySelector('a')?.click();
  });
  dialog.addEventListener('keydown', (event) => {
    // What is typed on a result goes on in the field.
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && list.contains(event.target)) input.focus();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [input, ...list.querySelectorAll('a')];
    stops[Math.min(stops.length - 1, Math.max(0, stops.indexOf(document.activeElement) + step))].focus();
  });
  list.addEventListener('click', (event) => {
    if (event.target.closest('a') && !event.ctrlKey && !event.metaKey && !event.shiftKey) dialog.close();
  });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });

  window.openSearch = () => {
    if (!dialog.open) dialog.showModal();
    input.focus();
    input.select();
  };
})();
