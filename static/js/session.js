// Warns before the session ends and offers to stay. The server decides; its cookie tells every open tab until when.
(() => {
  const bar = document.querySelector("[data-session]");
  const [words, form] = bar.children;
  const { cookie, now, end, last, warn, login } = bar.dataset;
  const lead = Date.now() / 1000 - now; // the clock of a phone may be wrong
  let before; // what had the focus
  let staysUntil = 0;

  const ends = () => +(document.cookie.match(`(?:^|; )${cookie}=(\\d+)`)?.[1] || end);
  const left = () => ends() - Date.now() / 1000 + lead;
  const hour = () =>
    new Date(ends() * 1000).toLocaleTimeString("id-ID", { timeZone: "Asia/Jakarta", hour: "2-digit", minute: "2-digit" }) + " WIB";

  const leave = () => location.replace(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);

  const open = () => {
    bar.hidden = false;
    form.hidden = ends() >= last;
    words.textContent =
      `Sesi ini berakhir sendiri pukul ${hour()}.` +
      (form.hidden ? " Sesi sudah di batas waktunya dan tidak bisa diperpanjang: simpan dulu, lalu masuk lagi." : "");
    before = document.activeElement;
    // Nobody who is typing or watching is interrupted; the alert is spoken all the same.
    if (!form.hidden && !before.matches("input, textarea, select, video")) form.elements[1].focus({ preventScroll: true });
  };

  const close = () => {
    if (bar.contains(document.activeElement)) before.focus({ preventScroll: true });
    bar.hidden = true;
  };

  const check = () => {
    if (left() <= 0) leave();
    else if (left() <= warn) bar.hidden && open();
    else if (!bar.hidden && Date.now() > staysUntil) close();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      if (!answer.ok) return leave();
      staysUntil = Date.now() + 8000;
      words.textContent = `Sesi diperpanjang sampai pukul ${hour()}.`;
    } catch {
      words.textContent = "Belum tersambung ke internet. Coba lagi.";
    }
  });

  setInterval(check, 2000);
  addEventListener("visibilitychange", check);
  check();
})();
