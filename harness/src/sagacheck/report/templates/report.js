"use strict";
{
  const root = document.documentElement;
  const scenarios = [...document.querySelectorAll(".scenario")];
  const form = document.querySelector(".filters");
  const shown = document.getElementById("shown");
  const chips = [...document.querySelectorAll("[data-invariant]")];

  // -- dark and light: what the system says, until the button says otherwise ---------------------
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const remember = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* private */ } };
  try { const theme = localStorage.getItem("theme"); if (theme) root.dataset.theme = theme; } catch { /* private */ }
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
  });

  // -- the filter ------------------------------------------------------------------------------
  const filter = () => {
    const total = shown.textContent.split(" of ")[1];
    const verdict = form.elements.verdict.value;
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const broken = chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.invariant);
    let count = 0;
    for (const scenario of scenarios) {
      const { verdict: own, words: text, invariants } = scenario.dataset;
      const found = invariants.split(" ");
      const fits = (!verdict || own === verdict)
        && words.every((word) => text.includes(word) || found.includes(word.toUpperCase()))
        && broken.every((invariant) => found.includes(invariant));
      scenario.hidden = !fits;
      count += fits;
    }
    shown.textContent = `showing ${count} of ${total}`;
  };
  form?.addEventListener("input", filter);
  form?.addEventListener("submit", (event) => event.preventDefault());
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    });
  }

  // -- from a violation to its moment ----------------------------------------------------------
  const show = (target) => {
    const scenario = target.closest(".scenario");
    if (scenario) { scenario.hidden = false; scenario.open = true; }
  };
  const goTo = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    show(target);
    for (const old of document.querySelectorAll(".here")) old.classList.remove("here");
    const row = id.match(/^(.*)-r(\d+)$/);
    if (row) {
      target.classList.add("here");
      const section = target.closest(".engine");
      for (const cell of section.querySelectorAll(`.ledger [data-row="${row[2]}"]`)) cell.classList.add("here");
    }
    target.scrollIntoView({ block: row ? "center" : "start", inline: "nearest" });
  };
  addEventListener("hashchange", () => goTo(location.hash.slice(1)));
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    // The same link a second time changes no hash, and goes there all the same.
    if (link.hash === location.hash) goTo(link.hash.slice(1));
  });
  addEventListener("load", () => goTo(location.hash.slice(1)));

  // A drawing does not fit a narrow screen, words do.
  const narrow = matchMedia("(max-width: 640px)");
  const useWords = (scenario) => {
    if (narrow.matches && scenario.open) for (const words of scenario.querySelectorAll(".words")) words.open = true;
  };
  for (const scenario of scenarios) {
    useWords(scenario);
    scenario.addEventListener("toggle", () => useWords(scenario));
  }

  // What a row means in words stands below the drawing already; it is shown where the mouse rests.
  document.addEventListener("mouseover", (event) => {
    const row = event.target.closest(".row");
    if (!row || row.querySelector("title")) return;
    const number = [...row.parentNode.querySelectorAll(".row")].indexOf(row);
    const words = row.closest(".engine").querySelectorAll(".words li")[number].textContent;
    const title = row.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "title"));
    title.textContent = words.trim();
  });

  // -- copying ---------------------------------------------------------------------------------
  const said = document.getElementById("said");
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  const yamlOf = (scenario) => {
    const lines = scenario.querySelector(".yaml").querySelectorAll("code");
    return [...lines].map((line) => `${line.textContent}\n`).join("");
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const { copy: id, copyYaml } = button.dataset;
    await copy(id ? document.getElementById(id).textContent : yamlOf(document.getElementById(copyYaml)));
    const label = button.textContent;
    button.textContent = said.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });

  // -- keyboard --------------------------------------------------------------------------------
  const step = (by, fits) => {
    const open = scenarios.filter((scenario) => !scenario.hidden);
    const here = open.indexOf(document.activeElement?.closest(".scenario"));
    for (let at = here + by; at >= 0 && at < open.length; at += by) {
      if (fits(open[at])) { open[at].querySelector("summary").focus(); return; }
    }
  };
  const keys = {
    j: () => step(1, () => true),
    k: () => step(-1, () => true),
    n: () => step(1, (scenario) => scenario.dataset.verdict !== "valid"),
    "/": () => form?.elements.words.focus(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=search], textarea");
    if (event.key === "Escape" && typing) event.target.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
