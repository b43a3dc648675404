// A job's progress, asked for every 2 s, for 10 minutes or until it is finished.
{
  const box = document.querySelector("[data-job]");
  const bar = box.querySelector("progress");
  let asks = 300;
  const ask = async () => {
    try {
      const job = await (await fetch(box.dataset.job)).json();
      if (job.finished) return location.reload();
      if (job.total) [bar.max, bar.value] = [job.total, job.done];
      for (const name in job.words) {
        const place = document.querySelector(`[data-job-words=${name}]`);
        if (place.textContent !== job.words[name]) place.textContent = job.words[name];
      }
    } catch {}
    if (asks--) setTimeout(ask, 2000);
  };
  ask();
}
