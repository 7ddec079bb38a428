"""How a report looks: light and dark by the reader's choice, narrow and wide, on paper. Nothing is fetched."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root { color-scheme: light dark; --text: #1c2127; --soft: #5b6570; --page: #ffffff; --panel: #f5f7f9; --line: #d7dce1;
  --shadow: #c3ccd4; --accent: #0a5c96; --alarm: #9c2f00; --alarm-panel: #fdf0e8; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --soft: #a3adb7; --page: #14181c; --panel: #1d2329;
  --line: #38414a; --shadow: #4d5862; --accent: #7cbcec; --alarm: #ffb08a; --alarm-panel: #33211a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%; overflow-wrap: break-word; }
main, header, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .8rem; padding-top: .8rem; border-top: 1px solid var(--line); }
.soft, .note, footer { color: var(--soft); font-size: .85rem; }
.note { margin: .35rem 0; max-width: 48rem; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; margin: .8rem 0 0; padding: 0; }
figure { margin: 0 0 1.6rem; }
figcaption { font-weight: 600; margin-bottom: .45rem; }
.scroll { overflow-x: auto; background:
  linear-gradient(to left, var(--page) 1rem, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to left, var(--shadow), transparent) right / .8rem 100% no-repeat scroll; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: separate; border-spacing: 0; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .32rem .8rem .32rem 0; vertical-align: top; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th { border-bottom: 2px solid var(--text); vertical-align: bottom; }
td.long { white-space: normal; min-width: 14rem; max-width: 40rem; overflow-wrap: anywhere; }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--page); }
th.number, td.number { text-align: right; }
th.number:not(:last-child), td.number:not(:last-child) { padding-right: 1.1rem; }
sup { line-height: 0; }
.warning { background: var(--alarm-panel); border-left: 4px solid var(--alarm); padding: .6rem .9rem; margin: .8rem 0;
  max-width: 48rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.6rem 2rem; }
.pictures figure { flex: 0 1 29.5rem; min-width: 0; }
.pictures svg { display: block; width: 100%; height: auto; }
.pictures figcaption { font-weight: 400; font-size: .85rem; color: var(--soft); margin: .4rem 0 0; }
pre { background: var(--panel); border: 1px solid var(--line); padding: .7rem .9rem; overflow-x: auto;
  font-size: .85rem; line-height: 1.45;
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; margin: 0; }
footer { padding-top: 1.5rem; padding-bottom: 2.5rem; }
@media (max-width: 40rem) {
  body { font-size: 15px; } main, header, footer { padding-left: .9rem; padding-right: .9rem; }
  table { font-size: .82rem; } th, td { padding-right: .6rem; }
}
@media print {
  :root { --text: #000; --soft: #333; --page: #fff; --panel: #fff; --line: #999; --shadow: #fff; --accent: #000;
    --alarm: #000; --alarm-panel: #fff; }
  nav { display: none; } body { font-size: 10pt; } h2 { break-after: avoid; }
  tr, .pictures figure { break-inside: avoid; }
  thead { display: table-header-group; } .scroll { overflow: visible; }
  table { font-size: 7.5pt; } th, td { white-space: normal; padding-right: .5rem; } td.number { white-space: nowrap; }
  th:first-child, td:first-child { position: static; }
  pre { white-space: pre-wrap; }
}
"""
