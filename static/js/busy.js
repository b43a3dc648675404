// A form that takes long: its button says so, and can't be pressed twice.
for (const form of document.querySelectorAll("form[data-busy]")) {
  const button = form.querySelector("[type=submit]");
  const words = button.value;
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") return event.preventDefault();
    form.ariaBusy = "true";
    button.value = form.dataset.busy;
  });
  // Back to a page that the browser kept: ready again.
  window.addEventListener("pageshow", () => {
    form.ariaBusy = "false";
    button.value = words;
  });
}
