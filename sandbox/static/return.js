// Takes the customer back to the shop; without scripts the button does the same.
document.getElementById("return").submit();
