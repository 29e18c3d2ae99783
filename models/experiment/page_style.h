// The style sheet of pages with plots (plots.h). It follows the light or dark mode of the reader.
#pragma once

namespace barker {

inline constexpr const char* kPageStyle = R"(
:root{--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d8dee4;--good:#15803d;--bad:#b91c1c;--open:#a16207;
--tint:#f3f5f7;--curve:#0b62c4}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ec;--soft:#9aa4ae;--line:#333b44;
--good:#5fd38a;--bad:#ff8098;--open:#f0c060;--tint:#1d232a;--curve:#6cb0ff}}
*{box-sizing:border-box}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.1rem;color:var(--soft);font-weight:600;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:2rem}
h3{font-size:1rem;margin-top:1.4rem}
.verdict{border-left:.5rem solid var(--open);background:var(--tint);padding:.8rem 1rem;border-radius:.3rem}
.verdict.better{border-color:var(--good)}.verdict.worse,.verdict.blocked{border-color:var(--bad)}
.verdict b{display:block;font-size:1.5rem;line-height:1.3;overflow-wrap:anywhere}
.checks{list-style:none;padding:0}.checks li{padding:.35rem 0 .35rem 1.8rem;position:relative;border-bottom:1px solid var(--line)}
.checks li::before{position:absolute;left:.2rem;font-weight:700}.checks .yes::before{content:'\2713';color:var(--good)}
.checks .no::before{content:'\2717';color:var(--bad)}.checks .mind::before{content:'!';color:var(--open)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .9rem .25rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:7rem;overflow-wrap:anywhere}th{font-weight:600;color:var(--soft)}
.plots{display:flex;flex-wrap:wrap;gap:1.4rem}figure{margin:0;max-width:100%}figcaption{font-weight:600;max-width:340px}
svg{max-width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}svg .name{fill:var(--fg);paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.axis{stroke:var(--line)}.zero{stroke:var(--fg)}.alarm{stroke:var(--bad);stroke-dasharray:4 4}
.sure{stroke:var(--curve);stroke-width:3;fill:var(--curve)}.unsure{stroke:var(--soft);stroke-width:3;fill:var(--soft)}
.curve,.thin{fill:none;stroke:var(--curve);stroke-width:2}.thin{stroke:var(--soft);stroke-width:1.4}
.band{fill:var(--curve);opacity:.25}.pale{fill:var(--curve);opacity:.12}
.line{fill:none;stroke-width:2}.line0{stroke:var(--soft)}.line1{stroke:var(--bad)}.line2{stroke:var(--curve)}
.line3{stroke:var(--good)}svg .label0{fill:var(--soft)}svg .label1{fill:var(--bad)}svg .label2{fill:var(--curve)}svg .label3{fill:var(--good)}
small,.soft{color:var(--soft)}
)";

}  // namespace barker
