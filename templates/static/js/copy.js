// Buttons that copy a text of the page; without this module the text can be marked and copied by hand.

export function offerCopying(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      button.textContent = button.dataset.copied;
      document.getElementById("announcement").textContent = button.dataset.copied;
    });
  }
}

offerCopying(document);
