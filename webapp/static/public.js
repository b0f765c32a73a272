// A page that looks again by itself, without taking the place or the focus of who reads it.
(() => {
  const LATEST_MS = 2 ** 31 - 1;

  const look = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return waitFor(10);
    const news = new DOMParser().parseFromString(await answer.text(), "text/html");
    const here = document.querySelector("main");
    const there = news.querySelector("main");
    if (here.innerHTML !== there.innerHTML) {
      here.innerHTML = there.innerHTML;
      document.title = news.title;
      here.focus({ preventScroll: true });
    }
    waitFor(Number(news.body.dataset.lookAgain));
  };
  const waitFor = (seconds) => {
    if (seconds) setTimeout(() => (document.hidden ? waitFor(1) : look()), Math.min(seconds * 1000, LATEST_MS));
  };

  waitFor(Number(document.body.dataset.lookAgain));
})();
