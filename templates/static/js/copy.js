// Buttons that copy a text of the page; without this module the text can be marked and copied by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.copied;
    document.getElementById("announcement").textContent = button.dataset.copied;
  });
}
