/* What the files of the libusb 1.0 ABI have of each other. */
#ifndef JOH_USB_LIBUSB_1_0_INTERNAL_H
#define JOH_USB_LIBUSB_1_0_INTERNAL_H

#pragma GCC visibility push(default)
#include <libusb-1.0/libusb.h>
#pragma GCC visibility pop

#include "connection.h"

/* One serves every caller: there is one connection. */
struct libusb_context {
  int unused;
};
struct libusb_device {
  int references;
  struct shim_device shim;
};
struct libusb_device_handle {
  struct libusb_device *device;
  uint32_t claimed; /* one bit an interface */
};

/* Asks for the list, and notes what came and went. 0 or a negative status. */
int shim_refresh_devices(void);
/* A device came or went; with the lock held. */
void shim_plug_event(libusb_device *device, int is_there);
/* Whether callbacks for devices are due; with the lock held. Then calls them; without. */
int shim_plug_is_due(void);
void shim_plug_handle(void);
/* `shim_changed` and `shim_completed` of connection.h. */
void shim_devices_changed(void);
int shim_transfer_completed(struct reply *reply);
/* Transfers of a handle that is closed are nobody's any more. */
void shim_drop_transfers(libusb_device_handle *handle);

#endif
