// What is wrong with a page as it stands: too wide, too faint, too small, without a name or a label, a style sheet that did not come.
const faults = [...document.querySelectorAll("link[rel=stylesheet]")].filter((link) => !link.sheet).map((link) => "did not come: " + link.href);
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) faults.push("wider than the window: " + root.scrollWidth);
const shown = (one) => one.outerHTML.slice(0, 120);

// WCAG 2.2, relative luminance and contrast ratio.
const light = (colour) => {
  const [r, g, b] = colour.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const parts = (text) => text.match(/[0-9.]+/g).map(Number);
const ground = (one) => {
  for (; one; one = one.parentElement) {
    const colour = parts(getComputedStyle(one).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour.slice(0, 3);
  }
  return [255, 255, 255];
};
for (const one of document.querySelectorAll("body *")) {
  const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !one.getClientRects().length || one.disabled) continue;
  const [more, less] = [light(parts(getComputedStyle(one).color).slice(0, 3)), light(ground(one))].sort((x, y) => y - x);
  if ((more + 0.05) / (less + 0.05) < 4.5) faults.push("faint: " + shown(one));
}

for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
  if (!field.labels || !field.labels.length) faults.push("no label: " + shown(field));
for (const one of document.querySelectorAll("a, button, summary, input[type=text], select")) {
  if (one.matches("a, button, summary") && !one.textContent.trim()) faults.push("no name: " + shown(one));
  const box = one.getBoundingClientRect();
  if (box.width && box.height < 44 && !one.matches("p a, h3 a, dd a, .skip")) faults.push("small: " + shown(one) + " " + box.height);
}
if (document.querySelectorAll("h1").length !== 1) faults.push("not one heading");
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
if (new Set(ids).size !== ids.length) faults.push("an id twice");
return faults;
