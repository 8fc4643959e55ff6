// Whether this browser can hold the app, asked before anything else is loaded. Written for browsers that are far too old
// for the app itself. The words stand in the page (app.html), in each language.
(function () {
  "use strict";
  var page = document.documentElement;
  // The browsers inside chat apps, as field/outside.tsx has them: whatever they lack, the way out of them is told.
  var chat = /wxwork|MicroMessenger|DingTalk|AlipayClient|\bQQ\/|\bLark\/|Feishu/i.test(navigator.userAgent);

  function lacks() {
    if (window.isSecureContext === false) return "insecure";
    if (!window.crypto || !window.crypto.subtle) return location.protocol === "https:" ? "old" : "insecure";
    if (!("noModule" in document.createElement("script")) || !Object.hasOwn || !window.BroadcastChannel) return "old";
    try {
      if (!window.indexedDB || !("serviceWorker" in navigator)) return "storage";
    } catch (error) {
      // Asking is refused already.
      return "storage";
    }
    // Saved is said only once it is on the disk, and one tab at a time sends.
    if (!navigator.locks || !window.IDBTransaction || !("durability" in IDBTransaction.prototype)) return "old";
    return "";
  }

  function tell(why) {
    if (!why || page.getAttribute("data-lacks")) return;
    page.setAttribute("data-lacks", chat ? "chat" : why);
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show);
    else show();
  }

  function show() {
    var why = page.getAttribute("data-lacks");
    var said = document.getElementById("fits");
    // In the browser of a chat the app tells the way out by itself, where it can be read (field/outside.tsx).
    if (!why || !said) return;
    var words = said.querySelectorAll("[data-why]");
    for (var at = 0; at < words.length; at++) words[at].hidden = words[at].getAttribute("data-why") !== why;
    var addresses = said.querySelectorAll("[data-address]");
    for (at = 0; at < addresses.length; at++) addresses[at].textContent = location.href;
    said.hidden = false;
    document.getElementById("app").hidden = true;
  }

  // What the browser can't read, or what did not arrive, would leave the page as it is.
  window.addEventListener(
    "error",
    function (event) {
      // Once the app has started it tells by itself what is wrong.
      if (document.readyState !== "loading" && !document.getElementById("opening")) return;
      var part = (event.target && event.target.tagName) || "";
      if (part === "SCRIPT" || part === "LINK") tell("broken");
      else if (!part) tell("old");
    },
    true
  );
  tell(lacks());
})();
