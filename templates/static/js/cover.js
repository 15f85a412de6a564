// The cover of a draft: dropped or chosen, and drawn as TikTok crops it. The preview never leaves the browser.

export function showCover(input, sealed, changed) {
  const drop = document.getElementById("cover-drop");
  const preview = document.getElementById("cover-preview");
  const state = document.getElementById("cover-state");
  const remove = document.getElementById("cover-remove");

  async function draw(file) {
    const picture = await createImageBitmap(file);
    const { width, height } = preview;
    const scale = Math.max(width / picture.width, height / picture.height);
    const [wide, high] = [picture.width * scale, picture.height * scale];
    preview.getContext("2d").drawImage(picture, (width - wide) / 2, (height - high) / 2, wide, high);
  }

  async function show(file) {
    preview.hidden = true;
    state.hidden = Boolean(file) || !sealed.value;
    remove.hidden = !file && !sealed.value;
    if (!file) return;
    try {
      await draw(file);
      preview.hidden = false;
    } catch {
      // no picture: the server's answer says so
    }
  }

  input.addEventListener("change", () => input.files.length && show(input.files[0]));
  remove.addEventListener("click", () => {
    input.value = "";
    sealed.value = "";
    show(null);
    changed();
    input.focus();
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("drop--over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("drop--over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    show(input.files[0]);
    changed();
  });
  show(null);
}
