// Asks the browser for a passkey, and sends its answer by the form itself. Browsers give passkeys to scripts alone.
for (const form of document.querySelectorAll('form.passkey')) {
  const button = form.querySelector('button');
  const trouble = form.querySelector('.script-only');
  button.disabled = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.hidden = true;
    try {
      const body = new URLSearchParams({ proof: form.elements.proof.value });
      const asked = await fetch(form.dataset.ask, { method: 'POST', body });
      if (!asked.ok) throw new Error(String(asked.status));
      const { publicKey } = await asked.json();
      const isNew = 'user' in publicKey;
      const options = isNew
        ? PublicKeyCredential.parseCreationOptionsFromJSON(publicKey)
        : PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
      const credential = isNew
        ? await navigator.credentials.create({ publicKey: options })
        : await navigator.credentials.get({ publicKey: options });
      form.elements.answer.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      trouble.hidden = false;
      button.disabled = false;
    }
  });
}
