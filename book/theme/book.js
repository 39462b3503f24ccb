// What the pages can do with a script and cannot do without: the reader's
// choice of light or dark, buttons that copy, and the way to the search.
// Read in the head, so that the colours are right before anything is seen.
'use strict';
(() => {
  const root = document.documentElement;

  // Where nothing may be stored, a choice lasts as long as the page.
  const stored = (value) => {
    try {
      if (value === 'system') localStorage.removeItem('theme');
      else if (value) localStorage.setItem('theme', value);
      return localStorage.getItem('theme') || 'system';
    } catch {
      return value || 'system';
    }
  };
  const paint = (theme) => {
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
  };
  paint(stored());

  const themes = () => {
    const choice = document.querySelector('#theme select');
    choice.value = root.dataset.theme || 'system';
    choice.addEventListener('change', () => {
      stored(choice.value);
      paint(choice.value);
    });
    choice.parentNode.hidden = false;
  };

  // What a reader wants of a listing: of a terminal the commands, without
  // prompts and output; of a program its lines, without callouts.
  const wanted = (listing) => {
    const code = listing.querySelector('pre').cloneNode(true);
    for (const mark of code.querySelectorAll('.conum')) mark.remove();
    const lines = code.textContent.trimEnd().split('\n').map((line) => line.trimEnd());
    if (!listing.classList.contains('terminal')) return lines.join('\n');
    return lines.filter((line) => /^[$>] /.test(line)).map((line) => line.slice(2)).join('\n');
  };

  // Without the clipboard interface (http from another host) the old way.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.body.appendChild(document.createElement('textarea'));
      area.value = text;
      area.select();
      const done = document.execCommand('copy');
      area.remove();
      return done;
    }
  };

  const copying = () => {
    const said = document.body.appendChild(document.createElement('p'));
    said.className = 'said';
    said.setAttribute('role', 'status');
    let last, timer;
    const rest = () => {
      clearTimeout(timer);
      if (last) last.textContent = 'Copy';
      said.textContent = '';
    };
    for (const listing of document.querySelectorAll('.listingblock')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'copy';
      button.textContent = 'Copy';
      button.addEventListener('click', async () => {
        const done = await copy(wanted(listing));
        button.focus();
        rest();
        last = button;
        said.textContent = button.textContent = done ? 'Copied' : 'Not allowed';
        timer = setTimeout(rest, 2000);
      });
      listing.querySelector('.head').append(button);
    }
  };

  // Evidence opens beside its mark or figure, on the side where there is
  // more room. Without a script a mark opens it at the lower edge, and a
  // figure leads to the ledger.
  const beside = () => {
    const place = (mark, { style }) => {
      const { top, bottom } = mark.getBoundingClientRect();
      const below = bottom < innerHeight / 2;
      style.top = below ? `${bottom + 8}px` : 'auto';
      style.bottom = below ? 'auto' : `${innerHeight - top + 8}px`;
      style.maxHeight = `${(below ? innerHeight - bottom : top) - 24}px`;
    };
    for (const mark of document.querySelectorAll('button.claim, .fig')) {
      const box = document.getElementById(`evidence-${(mark.value || mark.hash).replace('#claim-', '')}`);
      if (box) {
        mark.addEventListener('click', (event) => {
          place(mark, box);
          if (mark.value || !box.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          box.showPopover({ source: mark });
        });
      }
    }
  };

  // A listing that does not scroll need not be stopped at with Tab.
  const stops = () => {
    for (const pre of document.querySelectorAll('pre')) pre.tabIndex = pre.scrollWidth > pre.clientWidth ? 0 : -1;
  };

  // The section being read is marked in the contents of the page.
  const place = () => {
    const links = new Map();
    for (const link of document.querySelectorAll('.contents a')) links.set(document.getElementById(link.hash.slice(1)).parentNode, link);
    const watch = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) links.get(target).setAttribute('aria-current', 'true');
        else links.get(target).removeAttribute('aria-current');
      }
    }, { rootMargin: '-30% 0px -70%' });
    for (const section of links.keys()) watch.observe(section);
  };

  // The search comes when it is first asked for.
  const searching = () => {
    const button = document.getElementById('search-button');
    if (!button) return;
    const open = () => {
      if (window.openSearch) return window.openSearch();
      if (document.querySelector('script[src$="search.js"]')) return;
      const script = document.createElement('script');
      script.src = document.querySelector('script').src.replace('book.js', 'search.js');
      script.onload = () => window.openSearch();
      script.onerror = () => { script.remove(); button.textContent = 'Search cannot be loaded'; };
      document.head.append(script);
    };
    button.addEventListener('click', open);
    document.addEventListener('keydown', (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      const asked = event.key === '/' ? !typing && !event.ctrlKey && !event.metaKey && !event.altKey
        : event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!asked) return;
      event.preventDefault();
      open();
    });
    button.hidden = false;
  };

  document.addEventListener('DOMContentLoaded', () => {
    themes();
    copying();
    beside();
    stops();
    addEventListener('resize', stops);
    place();
    searching();
  });
})();
