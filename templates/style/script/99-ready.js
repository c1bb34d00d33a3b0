// The tools take their place once all of them are made: above the contents on a wide screen, below the title on a narrow one.

{
  const wide = matchMedia("(min-width: 72rem)");
  const settle = () => {
    const side = document.querySelector(".contents-side");
    if (wide.matches && side) side.prepend(toolbar);
    else document.querySelector(".title-block").append(toolbar);
  };
  wide.addEventListener("change", settle);
  settle();
  document.documentElement.classList.add("scripted");
}
