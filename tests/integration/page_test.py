#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML report as a person meets it, in a real browser: desktop, phone, dark, printed, by keyboard, with assistive technology."""
import os

import records
from browser import Browser
from sbtest import case, main, need, run, sb

TAB, ENTER = "\ue004", "\ue007"
# Where SB_PICTURES names a folder, the pictures are kept there, to be looked at.
PICTURES = os.environ.get("SB_PICTURES")


def page(what, name):
    sb("report", records.keep(name, what), "-o", f"html={name}.html", "-o", "json=/dev/null", code=0)
    return f"{name}.html"


def picture(browser, name):
    if PICTURES:
        browser.picture(os.path.join(PICTURES, name + ".png"))


FITS = "return [document.documentElement.scrollWidth, innerWidth]"
# The worst contrast of any text with what it stands on (WCAG 2.1, 1.4.3): [ratio, tag, text].
CONTRAST = """
const light = c => { const f = c.map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2] };
const colour = t => (t.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const ground = e => { for (; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
let worst = [99, '', ''];
for (const e of document.querySelectorAll('body *')) {
	const text = [...e.childNodes].filter(n => n.nodeType == 3 && n.data.trim());
	if (!text.length || !e.getClientRects().length || e.closest('.skip, .away')) continue;
	const svg = e.closest('svg'), style = getComputedStyle(e);
	if (e.tagName == 'title') continue;
	const a = light(colour(svg ? style.fill : style.color)), b = light(svg ? colour(getComputedStyle(svg.querySelector('.tile')).fill) : ground(e));
	const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
	if (ratio < worst[0]) worst = [ratio, e.tagName + '.' + (e.className.baseVal ?? e.className), text[0].data.slice(0, 40)];
}
return worst"""
# What assistive technology needs; the list of what is missing.
MISSING = """
const out = [], all = q => [...document.querySelectorAll(q)], say = (bad, what) => bad && out.push(what);
say(document.documentElement.lang != 'en', 'language'); say(all('h1').length != 1, 'one h1'); say(all('main').length != 1, 'one main'); say(!document.title, 'title');
const ids = all('[id]').map(e => e.id); say(new Set(ids).size != ids.length, 'unique ids');
for (const e of all('[aria-labelledby]')) for (const id of e.getAttribute('aria-labelledby').split(' ')) say(!document.getElementById(id), 'label ' + id);
for (const e of all('a[href^="#"]')) say(!document.getElementById(e.hash.slice(1)), 'target ' + e.hash);
for (const t of all('table')) { say(!t.caption, 'caption'); for (const h of t.querySelectorAll('th')) say(!h.scope, 'scope of ' + h.textContent);
	for (const r of t.tBodies[0].rows) say(!r.querySelector('th[scope=row]'), 'row head'); }
for (const s of all('svg[role=img]')) say(!s.getAttribute('aria-labelledby'), 'name of a picture');
for (const e of all('nav, section')) say(!e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby'), 'name of ' + e.tagName);
for (const e of all('[aria-hidden=true]')) say(e.querySelector('a, summary, [tabindex]') || e.matches('a, summary'), 'hidden and reachable');
let last = 0; for (const h of all('h1, h2, h3')) { const n = +h.tagName[1]; say(n > last + 1, 'level of ' + h.textContent); last = n }
return out"""


@case("a desktop of 1100 px: the verdict at once, the first finding open, nothing missing for a screen reader")
def _(folder):
    with Browser(folder) as browser:
        browser.open(page(records.typical(), "typical"))
        assert browser.log() == []
        width, screen = browser.run(FITS)
        assert width <= screen, (width, screen)
        top = browser.run("return ['h1', '.lead', '.keys'].map(q => document.querySelector(q).getBoundingClientRect().bottom)")
        assert max(top) < 600, f"the verdict is told in the first screen: {top}"
        assert browser.run("return document.querySelector('h1').innerText").split() == ["✗", "different"]
        details = browser.run("return [...document.querySelectorAll('.finding')].map(d => d.open)")
        assert details == [True] + [False] * (len(details) - 1) and len(details) == 7, details
        assert browser.run(MISSING) == []
        assert browser.run(CONTRAST)[0] >= 4.5, browser.run(CONTRAST)
        assert browser.run("return performance.getEntriesByType('resource').length + document.scripts.length + document.images.length") == 0
        picture(browser, "desktop")


@case("dark: every text can be read")
def _(folder):
    with Browser(folder) as browser:
        browser.screen(dark=True)
        browser.open(page(records.typical(), "typical"))
        assert max(browser.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")) < 60
        assert browser.run(CONTRAST)[0] >= 4.5, browser.run(CONTRAST)
        picture(browser, "dark")


@case("a phone of 360 px: no horizontal scroll, text large enough, all of the numbers")
def _(folder):
    with Browser(folder) as browser:
        browser.screen(360, 740)
        for name in ("typical", "hostile"):
            browser.open(page(getattr(records, name)(), name))
            browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
            width, screen = browser.run(FITS)
            assert width <= screen == 360, (name, width, screen)
            small = browser.run("return [...document.querySelectorAll('body :not(svg *)')].filter(e => e.innerText && parseFloat(getComputedStyle(e).fontSize) < 10).map(e => e.innerText)")
            assert small == [], small
            wide = browser.run("return [...document.querySelectorAll('.keys *, .numbers:not(.files) td, h1, .lead, .gist')].filter(e => e.getClientRects().length && "
                               "e.getBoundingClientRect().right > 361).map(e => e.innerText)")
            assert wide == [], wide
            picture(browser, name + "-phone")


@case("printed: what is folded on the screen stands on paper")
def _(folder):
    need("pdftotext")
    with Browser(folder) as browser:
        browser.open(page(records.typical(), "typical"))
        browser.pdf("typical.pdf")
    text = run("pdftotext", "-layout", "typical.pdf", "-", code=0).out
    for words in ("telnetd", "GCC: (Debian 12.2.0-14)", "appended PKCS #7 signature", "one time in all headers"):
        assert words in text, words
    if PICTURES:
        run("pdftoppm", "-r", "60", "-png", "typical.pdf", os.path.join(PICTURES, "print"), code=0)


@case("by keyboard alone: the skip link first, then every finding, each opens and closes")
def _(folder):
    with Browser(folder) as browser:
        browser.open(page(records.typical(), "typical"))
        browser.key(TAB)
        assert browser.run("return document.activeElement.className") == "skip"
        assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0, "a link that has the focus is seen"
        browser.key(ENTER)
        assert browser.run("return location.hash") == "#findings"
        reached = []
        for _ in range(60):
            browser.key(TAB)
            outline = browser.run("const e = document.activeElement, s = getComputedStyle(e); return [e.tagName, e.innerText.slice(0, 30), s.outlineStyle]")
            if outline[0] == "BODY":
                break
            assert outline[2] != "none", f"no sign of the focus: {outline}"
            if outline[0] == "SUMMARY":
                before = browser.run("return document.activeElement.parentElement.open")
                browser.key(ENTER)
                assert browser.run("return document.activeElement.parentElement.open") != before
                reached.append(outline[1])
        assert len(reached) == browser.run("return document.querySelectorAll('summary').length") == 8, reached


@case("names that attack do nothing, and too many findings stay readable")
def _(folder):
    with Browser(folder) as browser:
        browser.open(page(records.hostile(), "hostile"))
        assert browser.log() == [], "the content policy had something to refuse"
        assert browser.run("return document.scripts.length + document.images.length + document.querySelectorAll('iframe, object, embed, form, link, base').length") == 0
        assert browser.run(MISSING) == []
        assert "<img src=x onerror=alert(1)>0" in browser.run("return document.body.innerText")
        picture(browser, "hostile")
        browser.open(page(records.huge(20000), "huge"))
        assert browser.run(FITS)[0] <= 1100
        assert browser.run("return document.querySelectorAll('.finding').length") == 250
        for name in ("identical", "explained"):
            browser.open(page(records.good(name), name))
            assert browser.run("return document.querySelector('h1').innerText").split()[1] == name
            assert browser.run(MISSING) == []
            picture(browser, name)


main()
