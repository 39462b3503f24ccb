// What the tests of the site look for on its pages, in one place.
//
//     import { parts } from './parts.mjs'

export const parts = {
    // Every page.
    skip: 'a.skip',
    main: '#main',
    next: 'nav.turn a[rel=next]',
    prev: 'nav.turn a[rel=prev]',
    // The book's contents: beside the text, or behind a button on a phone.
    menu: 'nav#book',
    menuButton: 'button[popovertarget=book]',
    theme: '#theme select',
    // The search.
    searchButton: 'button#search-button',
    search: 'dialog#search',
    searchInput: 'dialog#search input[type=search]',
    results: '#search-results',
    result: '#search-results a',
    found: 'dialog#search [role=status]',
    // Listings.
    listing: '#main .listingblock:not(.form)',
    source: 'a[download]',
    copy: 'button.copy',
    callout: '.conum',
    announcement: '[role=status], [aria-live]:not([aria-live=off])',
    calculator: { said: '#calculate dl', form: '.listingblock.form', complaints: '#complaints', drawn: '#calculate svg' },
    // A claim's mark, and its evidence.
    mark: 'button.claim[popovertarget^=evidence-]',
    evidence: '.evidence[popover]'
}
