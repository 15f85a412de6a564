// Shows what the service tells this device, and opens its page. Nothing is kept, and no request of the pages is seen.

self.addEventListener("push", (event) => {
  const notice = event.data.json();
  event.waitUntil(
    self.registration.showNotification(notice.title, {
      // a message that comes twice is shown once
      tag: `${notice.title} ${notice.link}`,
      data: { link: notice.link },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data.link, self.location.origin);
  if (address.origin === self.location.origin) {
    event.waitUntil(self.clients.openWindow(address.href));
  }
});
