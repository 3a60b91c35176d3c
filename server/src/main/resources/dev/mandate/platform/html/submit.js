// Form Post Response Mode §2: the answer is posted without a click.
document.getElementById("submit").submit();
