// Runs before anything is painted, so that the page does not flash.
(() => {
  try {
    const theme = localStorage.getItem("ldirector.theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
})();
