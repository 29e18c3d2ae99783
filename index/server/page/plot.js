// A live plot. uPlot draws on a canvas, which says nothing to a screen reader: the numbers stand in a
// table beside it.
import {html, useEffect, useRef} from './standalone.module.js';

const COLOURS = ['--plot-1', '--plot-2', '--plot-3', '--plot-4', '--plot-5'];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const clock = (seconds) => new Date(1000 * seconds).toLocaleTimeString('en-GB');

function options(width, labels, unit) {
  const axis = {stroke: colour('--soft'), grid: {stroke: colour('--line'), width: 1},
                ticks: {show: false}, font: '12px system-ui, sans-serif'};
  return {width, height: 200, legend: {live: false, markers: {width: 2}}, cursor: {show: false},
          scales: {y: {range: (_, low, high) => [0, 1.1 * (high || 1)]}},
          axes: [{...axis, space: 80, size: 30, values: (_, values) => values.map(clock)}, {...axis, size: 56, values: (_, values) => values.map((v) => `${v} ${unit}`)}],
          series: [{}, ...labels.map((label, i) =>
            ({label, stroke: colour(COLOURS[i]), width: 2, points: {show: false}}))]};
}

// `rows`: [[time, value...]], oldest first.
export function Plot({title, labels, rows, unit, isOpen}) {
  const place = useRef(null), plot = useRef(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const draw = () => {
      plot.current?.destroy();
      const columns = [0, ...labels.keys()].map((_, i) => rows.map((row) => row[i]));
      plot.current = new uPlot(options(place.current.clientWidth, labels, unit), columns, place.current);
    };
    draw();
    addEventListener('resize', draw);
    const watch = new MutationObserver(draw);
    watch.observe(document.documentElement, {attributes: true, attributeFilter: ['data-theme']});
    return () => {
      removeEventListener('resize', draw);
      watch.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [rows, isOpen]);
  return html`<figure class="plot"><figcaption>${title}</figcaption><div ref=${place} aria-hidden="true"></div></figure>`;
}
