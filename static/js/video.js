// An onboarding video: says every ten seconds how far it is, and helps not to skip. What counts is decided by the server.
(() => {
  const player = document.querySelector("[data-player]");
  if (!player) return;
  const part = (name) => document.querySelector(`[data-${name}]`);
  const video = player.querySelector("video");

  let said = "";
  const say = (words, seconds) => {
    if (words === said || said === "broken") return;
    said = words;
    const text = words ? part(`words="${words}"`).content.cloneNode(true) : "";
    if (seconds) text.querySelector("[data-seconds]").textContent = seconds;
    part("say").replaceChildren(text);
  };

  const broken = () => {
    say("broken");
    part("transcript").open = true;
  };
  video.addEventListener("error", broken);
  if (video.error) broken();
  if (!player.dataset.beat) return;

  const { beat } = player.dataset;
  const duration = +player.dataset.duration;
  const token = player.querySelector("[name=csrfmiddlewaretoken]").value;
  part("without-js").hidden = true;
  part("counting").hidden = false;

  // What was watched here may be ahead of what the server has been told.
  let watched = +player.dataset.credited;
  let isOver = false; // complete, or this page may not count on
  let isBusy = false;
  let isDue = false; // something happened while a beat was on its way
  let wait = 1000;
  let retry;

  const stop = (words) => {
    isOver = true;
    say(words);
    if (words !== "done") video.pause();
  };

  const take = ({ credited, completed }, hadEnded) => {
    watched = Math.max(watched, credited);
    part("counted").textContent = Math.floor(credited);
    player.querySelector("progress").value = credited;
    if (completed) {
      part("done").hidden = false;
      part("counting").hidden = true;
      part("state").textContent = "Selesai";
      part("state").className = "chip chip--success";
      return stop("done");
    }
    if (!hadEnded) {
      if (said !== "missing") say("");
      return;
    }
    // The film is shorter than the server believes: replaying would go on for ever.
    if (credited > video.duration - 1) return stop("reload");
    say("missing", Math.ceil(duration - credited));
    video.currentTime = credited;
    video.play().catch(() => {});
  };

  const post = () =>
    fetch(beat, {
      method: "POST",
      keepalive: true,
      redirect: "manual", // the login page is no answer
      signal: AbortSignal.timeout?.(8000),
      body: new URLSearchParams({
        csrfmiddlewaretoken: token,
        position: Math.min(video.currentTime, duration).toFixed(2),
      }),
    });

  const send = async () => {
    if (isOver) return;
    isDue = isBusy;
    if (isBusy) return;
    isBusy = true;
    clearTimeout(retry);
    const hadEnded = video.ended;
    try {
      const answer = await post();
      if (answer.type === "opaqueredirect" || [401, 403].includes(answer.status)) stop("session");
      else if (answer.status < 500 && answer.status !== 429 && !answer.ok) stop("reload");
      else take(await answer.json(), hadEnded);
      wait = 1000;
    } catch {
      // A lost beat costs nothing as long as a later one arrives.
      if (wait > 1000) say("offline");
      retry = setTimeout(send, wait);
      wait = Math.min(wait * 2, 32000);
    }
    isBusy = false;
    if (isDue) send();
  };

  const leave = () => {
    if (!isOver && video.currentTime > 0) post().catch(() => {});
  };

  setInterval(() => video.paused || send(), 10000);
  // The first comes early, so that whoever watches sees that it counts.
  video.addEventListener("play", () => setTimeout(send, 3000), { once: true });
  addEventListener("online", send);
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  video.addEventListener("pause", send);
  video.addEventListener("ended", send);
  video.addEventListener("timeupdate", () => {
    if (!video.seeking) watched = Math.max(watched, video.currentTime);
  });
  video.addEventListener("seeking", () => {
    if (isOver || video.currentTime < watched + 1) return;
    video.currentTime = watched;
    say("ahead");
  });
  video.addEventListener("ratechange", () => {
    if (!isOver && video.playbackRate !== 1) video.playbackRate = 1;
  });
})();
