// Passkeys: shown only where the browser knows them, and a word when none was used.
// The library's own scripts do the rest; theirs tell of a failure by an event.
(function () {
  "use strict";

  const forms = document.querySelectorAll("form[data-passkey]");
  const isKnown = "PublicKeyCredential" in window;
  for (const form of forms) form.hidden = !isKnown;

  // A press before the library listens would be lost. Its scripts stand before this one, so by now
  // they wait for the same event, and are done when it comes here.
  document.addEventListener("DOMContentLoaded", () => {
    for (const form of forms) for (const button of form.querySelectorAll("button:disabled")) button.disabled = false;
  });

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    for (const alert of document.querySelectorAll("[data-passkey-failed]")) alert.hidden = false;
  });
})();
