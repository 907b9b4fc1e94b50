/* The ABI of libusb 1.0: devices that come and go. Callbacks are called where events are handled. */
#include "libusb-1.0-internal.h"

#include <stdlib.h>

/* Callbacks for devices, and what they are still to be told. */
struct watcher {
  struct watcher *next;
  int events, vendor, product, class;
  libusb_hotplug_callback_fn callback;
  void *data;
  libusb_hotplug_callback_handle handle;
};
struct plug_event {
  struct plug_event *next;
  libusb_device *device;
  libusb_hotplug_event event;
};
static struct watcher *watchers;
static struct plug_event *plug_events, **plug_events_end = &plug_events;
static int is_list_old;

int shim_plug_is_due(void) { return plug_events || (is_list_old && watchers); }

static void call_watchers(struct plug_event *event) {
  const uint8_t *bytes = event->device->shim.descriptor;
  int ids[] = {bytes[8] | bytes[9] << 8, bytes[10] | bytes[11] << 8, bytes[4]};
  libusb_hotplug_callback_handle seen = 0;
  for (;;) {
    shim_lock();
    struct watcher *next = NULL;
    for (struct watcher *each = watchers; each; each = each->next)
      if (each->handle > seen && (!next || each->handle < next->handle)) next = each;
    struct watcher watcher = next ? *next : (struct watcher){0};
    shim_unlock();
    if (!next) return;
    seen = watcher.handle;
    if (!(watcher.events & (int)event->event)) continue;
    if (watcher.vendor != LIBUSB_HOTPLUG_MATCH_ANY && watcher.vendor != ids[0]) continue;
    if (watcher.product != LIBUSB_HOTPLUG_MATCH_ANY && watcher.product != ids[1]) continue;
    if (watcher.class != LIBUSB_HOTPLUG_MATCH_ANY && watcher.class != ids[2]) continue;
    if (watcher.callback(NULL, event->device, event->event, watcher.data))
      libusb_hotplug_deregister_callback(NULL, watcher.handle);
  }
}

void shim_plug_handle(void) {
  shim_lock();
  int is_old = is_list_old && watchers;
  if (is_old) is_list_old = 0;
  shim_unlock();
  if (is_old) shim_refresh_devices();
  for (;;) {
    shim_lock();
    struct plug_event *event = plug_events;
    if (event && !(plug_events = event->next)) plug_events_end = &plug_events;
    shim_unlock();
    if (!event) return;
    call_watchers(event);
    libusb_unref_device(event->device);
    free(event);
  }
}

void shim_devices_changed(void) {
  is_list_old = 1;
  if (watchers) shim_wake();
}

void shim_plug_event(libusb_device *device, int is_there) {
  struct plug_event *event = watchers ? calloc(1, sizeof *event) : NULL;
  if (!event) return;
  event->device = libusb_ref_device(device);
  event->event = is_there ? LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED : LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
  *plug_events_end = event;
  plug_events_end = &event->next;
}

int libusb_hotplug_register_callback(libusb_context *context, int kinds, int flags, int vendor,
                                     int product, int class, libusb_hotplug_callback_fn callback,
                                     void *data, libusb_hotplug_callback_handle *handle) {
  static libusb_hotplug_callback_handle last;
  if (!callback) return LIBUSB_ERROR_INVALID_PARAM;
  /* What is there already is known, and told only where it was asked for. */
  libusb_device **list = NULL;
  ssize_t count = libusb_get_device_list(context, &list);
  if (count < 0) return (int)count;
  struct watcher *watcher = calloc(1, sizeof *watcher);
  if (!watcher) {
    libusb_free_device_list(list, 1);
    return LIBUSB_ERROR_NO_MEM;
  }
  *watcher = (struct watcher){.events = kinds, .vendor = vendor, .product = product,
                              .class = class, .callback = callback, .data = data};
  shim_lock();
  watcher->handle = ++last;
  watcher->next = watchers;
  watchers = watcher;
  libusb_hotplug_callback_handle ours = watcher->handle;
  shim_unlock();
  if (handle) *handle = ours;
  if (flags & LIBUSB_HOTPLUG_ENUMERATE && kinds & LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED)
    for (libusb_device **device = list; *device; device++) {
      const uint8_t *bytes = (*device)->shim.descriptor;
      if (vendor != LIBUSB_HOTPLUG_MATCH_ANY && vendor != (bytes[8] | bytes[9] << 8)) continue;
      if (product != LIBUSB_HOTPLUG_MATCH_ANY && product != (bytes[10] | bytes[11] << 8)) continue;
      if (class != LIBUSB_HOTPLUG_MATCH_ANY && class != bytes[4]) continue;
      if (callback(context, *device, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, data)) {
        libusb_hotplug_deregister_callback(context, ours);
        break;
      }
    }
  libusb_free_device_list(list, 1);
  return 0;
}
void libusb_hotplug_deregister_callback(libusb_context *context,
                                        libusb_hotplug_callback_handle handle) {
  (void)context;
  shim_lock();
  for (struct watcher **link = &watchers; *link; link = &(*link)->next) {
    struct watcher *found = *link;
    if (found->handle != handle) continue;
    *link = found->next;
    free(found);
    break;
  }
  shim_unlock();
}
void *libusb_hotplug_get_user_data(libusb_context *context, libusb_hotplug_callback_handle handle) {
  (void)context;
  void *data = NULL;
  shim_lock();
  for (struct watcher *each = watchers; each; each = each->next)
    if (each->handle == handle) data = each->data;
  shim_unlock();
  return data;
}
