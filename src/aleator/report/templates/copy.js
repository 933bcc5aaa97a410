"use strict";
/* Buttons that copy a command or the page's address: for the report and for the review page. */
{
  /* Says for a moment what came of it; `otherwise` does what it can where a page may not copy, and says what. */
  const copies = (button, wanted, otherwise) => {
    const text = button.firstChild, says = text.data;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(wanted()); text.data = "Copied"; } catch { text.data = otherwise(); }
      setTimeout(() => { text.data = says; }, 2000);
    });
  };
  for (const button of document.querySelectorAll(".copy")) copies(button, () => button.dataset.copy, () => {
    getSelection().selectAllChildren(button.previousElementSibling);
    return "Selected";
  });
  const link = document.getElementById("link");
  if (link) copies(link, () => location.href, () => "It stands in the address bar");
}
