// The button "Salin Nomor Kartu": copies the 16 digits and says so, also where the clipboard API is missing.
(() => {
  const number = document.querySelector("[data-card-number]");
  const button = document.querySelector("[data-copy]");
  const status = document.querySelector("[data-copy-status]");
  if (!number || !button || !status) return;

  const digits = () => number.textContent.replace(/\D/g, "");

  const select = () => {
    const selection = getSelection();
    selection.removeAllRanges();
    selection.selectAllChildren(number);
    return selection;
  };

  // Plain http has no navigator.clipboard: copy the selection, but hand over the bare digits.
  const copySelection = () => {
    let copied = false;
    const handOver = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/plain", digits());
      copied = true;
    };
    const selection = select();
    document.addEventListener("copy", handOver, { once: true });
    try {
      copied = document.execCommand("copy") && copied;
    } catch {
      copied = false;
    }
    document.removeEventListener("copy", handOver);
    if (copied) selection.removeAllRanges();
    return copied;
  };

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(digits());
      return true;
    } catch {
      return copySelection();
    }
  };

  button.addEventListener("click", async () => {
    // Emptied first, so that a screen reader speaks the second time too.
    status.textContent = "";
    const copied = await copy();
    setTimeout(() => {
      status.textContent = copied ? "Nomor kartu tersalin." : "Gagal menyalin. Tekan lama nomor untuk menyalin.";
    }, 100);
  });

  button.hidden = false;
})();
