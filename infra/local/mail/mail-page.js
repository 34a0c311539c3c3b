// Filters the mails that the server rendered, and shows new ones as they come.

const search = document.querySelector("input");
const place = document.querySelector("main");

const filter = () => {
  const wanted = search.value.toLowerCase();
  for (const mail of place.querySelectorAll("details"))
    mail.hidden = !mail.textContent.toLowerCase().includes(wanted);
};

const idOf = (mail) => mail.dataset.mail;

/** Adds new mails from the page as the server renders it now; opened mails stay open. */
const refresh = async () => {
  if (document.hidden) return;
  const response = await fetch("/");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const known = new Set([...place.querySelectorAll("details")].map(idOf));
  const mails = [...page.querySelectorAll("details")].filter((mail) => !known.has(idOf(mail)));
  if (mails.length === 0) return;
  place.querySelector(".empty")?.remove();
  place.prepend(...mails.map((mail) => document.adoptNode(mail)));
  filter();
};

const keepRefreshing = () =>
  setTimeout(
    () =>
      refresh()
        .catch(() => {})
        .finally(keepRefreshing),
    1000,
  );

search.addEventListener("input", filter);
keepRefreshing();
