// The page works without this: the field can be marked and copied by hand.
const key = document.getElementById("klientnokkel");
const copy = document.getElementById("kopier");
copy.hidden = false;
copy.addEventListener("click", async () => {
  key.select();
  try {
    await navigator.clipboard.writeText(key.value);
  } catch {
    document.execCommand("copy");
  }
  document.getElementById("kopiert").textContent = "Kopiert";
});
