/**
 * How the picture looks. Colours have a contrast of at least 4.5 to 1 for text and 3 to 1 for lines, light and dark; what
 * a line means shows in its dashes too.
 */
export const style = `
:root{--sheet:#fbfcfd;--edge:#d5dbe1;--box:#fff;--ink:#17202a;--quiet:#56626f;--rule:#e6eaee;
--calls:#3d4a58;--reads:#2b7a9e;--writes:#1f5fbf;--starts:#b3541e;--tells:#9a3b6d;
--keeps:#1f5fbf;--carries:#b3541e;--outside:#6b4fb0;--secret:#7a6512;--alarm:#9a3b6d;--service:#23744d;--gateway:#3d4a58}
@media (prefers-color-scheme:dark){:root{--sheet:#11161c;--edge:#333d48;--box:#1a2129;--ink:#e8edf2;--quiet:#a2aebb;--rule:#2a333d;
--calls:#a9b6c4;--reads:#5cb3d6;--writes:#7fabf5;--starts:#f0955a;--tells:#e58ab9;
--keeps:#7fabf5;--carries:#f0955a;--outside:#b39df0;--secret:#d6bd55;--alarm:#e58ab9;--service:#62c796;--gateway:#a9b6c4}}
text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--ink);font-size:13px}
.sheet{fill:var(--sheet);stroke:var(--edge)}
.title{font-size:20px;font-weight:650}
.heading{font-size:10.5px;font-weight:600;letter-spacing:.08em;fill:var(--quiet)}
.name{font-weight:600}
.handler{font-size:12.5px}
.detail,.caller,.legend{font-size:11.5px;fill:var(--quiet)}
.caller{text-anchor:end;font-size:11px}
.path{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:10.5px;fill:var(--quiet)}
.box{fill:var(--box);stroke:var(--tone);stroke-opacity:.6}
.icon{fill:none;stroke:var(--tone);stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.small{stroke:var(--quiet)}
.rule{stroke:var(--rule);fill:none}
.line{fill:none;stroke:var(--tone);stroke-width:1.5}
.reads{--tone:var(--reads);stroke-dasharray:none}
.line.reads{stroke-width:1.2}
.writes{--tone:var(--writes)}
.line.writes{stroke-width:2}
.calls{--tone:var(--calls)}
.starts{--tone:var(--starts)}
.line.starts{stroke-dasharray:6 4}
.tells{--tone:var(--tells)}
.line.tells{stroke-dasharray:2 3}
marker path{fill:var(--tone);stroke:none}
.site,.gateway{--tone:var(--gateway)}
.service{--tone:var(--service)}
.keeps{--tone:var(--keeps)}
.carries{--tone:var(--carries)}
.outside{--tone:var(--outside)}
.secret{--tone:var(--secret)}
.alarm{--tone:var(--alarm)}
`.replaceAll('\n', '')
