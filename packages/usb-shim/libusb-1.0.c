/* The ABI of libusb 1.0 as programmers use it, over the connection: devices, descriptors, handles and
   transfers that are waited for. */
#include "libusb-1.0-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_CONFIGURATION struct libusb_config_descriptor
#define TYPE_INTERFACE struct libusb_interface
#define TYPE_INTERFACE_DESCRIPTOR struct libusb_interface_descriptor
#define TYPE_ENDPOINT_DESCRIPTOR struct libusb_endpoint_descriptor
#include "configuration.h"

static struct libusb_context the_context;

int libusb_init(libusb_context **context) {
  if (context) *context = &the_context;
  shim_completed = shim_transfer_completed;
  shim_changed = shim_devices_changed;
  return shim_connect();
}
int libusb_init_context(libusb_context **context, const void *options, int count) {
  (void)options, (void)count;
  return libusb_init(context);
}
void libusb_exit(libusb_context *context) { (void)context; }
void libusb_set_debug(libusb_context *context, int level) { (void)context, (void)level; }
int libusb_set_option(libusb_context *context, enum libusb_option option, ...) {
  (void)context, (void)option;
  return 0;
}
int libusb_has_capability(uint32_t capability) {
  return capability == LIBUSB_CAP_HAS_CAPABILITY || capability == LIBUSB_CAP_HAS_HOTPLUG;
}
const struct libusb_version *libusb_get_version(void) {
  static const struct libusb_version version = {1, 0, 26, 0, "", "joh usb-shim"};
  return &version;
}

const char *libusb_error_name(int error) {
  switch (error) {
    case LIBUSB_SUCCESS: return "LIBUSB_SUCCESS";
    case LIBUSB_ERROR_IO: return "LIBUSB_ERROR_IO";
    case LIBUSB_ERROR_INVALID_PARAM: return "LIBUSB_ERROR_INVALID_PARAM";
    case LIBUSB_ERROR_ACCESS: return "LIBUSB_ERROR_ACCESS";
    case LIBUSB_ERROR_NO_DEVICE: return "LIBUSB_ERROR_NO_DEVICE";
    case LIBUSB_ERROR_NOT_FOUND: return "LIBUSB_ERROR_NOT_FOUND";
    case LIBUSB_ERROR_BUSY: return "LIBUSB_ERROR_BUSY";
    case LIBUSB_ERROR_TIMEOUT: return "LIBUSB_ERROR_TIMEOUT";
    case LIBUSB_ERROR_OVERFLOW: return "LIBUSB_ERROR_OVERFLOW";
    case LIBUSB_ERROR_PIPE: return "LIBUSB_ERROR_PIPE";
    case LIBUSB_ERROR_INTERRUPTED: return "LIBUSB_ERROR_INTERRUPTED";
    case LIBUSB_ERROR_NO_MEM: return "LIBUSB_ERROR_NO_MEM";
    case LIBUSB_ERROR_NOT_SUPPORTED: return "LIBUSB_ERROR_NOT_SUPPORTED";
    default: return "LIBUSB_ERROR_OTHER";
  }
}
const char *libusb_strerror(int error) { return libusb_error_name(error); }
int libusb_setlocale(const char *locale) {
  (void)locale;
  return 0;
}

/* Devices */

/* Those that are plugged in, each with a reference of ours; under the lock. */
static libusb_device *known[DEVICES_MAX];

/* Whether `list` has a device of this number. */
static int lists(const struct shim_device *list, int count, uint8_t number) {
  for (int index = 0; index < count; index++)
    if (list[index].number == number) return 1;
  return 0;
}

int shim_refresh_devices(void) {
  struct shim_device *found = calloc(DEVICES_MAX, sizeof *found);
  if (!found) return LIBUSB_ERROR_NO_MEM;
  int count = shim_list(found);
  libusb_device *gone[DEVICES_MAX] = {NULL};
  shim_lock();
  for (int index = 0; index < DEVICES_MAX && count >= 0; index++) {
    if (!known[index] || lists(found, count, known[index]->shim.number)) continue;
    gone[index] = known[index];
    known[index] = NULL;
    shim_plug_event(gone[index], 0);
  }
  for (int index = 0; index < count; index++) {
    int at = 0;
    while (at < DEVICES_MAX && !(known[at] && known[at]->shim.number == found[index].number)) at++;
    if (at < DEVICES_MAX) continue;
    for (at = 0; at < DEVICES_MAX && known[at];) at++;
    libusb_device *device = at < DEVICES_MAX ? calloc(1, sizeof *device) : NULL;
    if (!device) break;
    device->references = 1;
    device->shim = found[index];
    known[at] = device;
    shim_plug_event(device, 1);
  }
  shim_unlock();
  for (int index = 0; index < DEVICES_MAX; index++) libusb_unref_device(gone[index]);
  free(found);
  return count < 0 ? count : 0;
}

ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list) {
  (void)context;
  int status = shim_refresh_devices();
  if (status < 0) return status;
  libusb_device **devices = calloc(DEVICES_MAX + 1, sizeof *devices);
  if (!devices) return LIBUSB_ERROR_NO_MEM;
  ssize_t count = 0;
  shim_lock();
  for (int index = 0; index < DEVICES_MAX; index++)
    if (known[index]) devices[count++] = libusb_ref_device(known[index]);
  shim_unlock();
  *list = devices;
  return count;
}
libusb_device *libusb_ref_device(libusb_device *device) {
  __atomic_add_fetch(&device->references, 1, __ATOMIC_SEQ_CST);
  return device;
}
void libusb_unref_device(libusb_device *device) {
  if (device && __atomic_sub_fetch(&device->references, 1, __ATOMIC_SEQ_CST) == 0) free(device);
}
void libusb_free_device_list(libusb_device **list, int unreference) {
  if (!list) return;
  for (libusb_device **device = list; unreference && *device; device++) libusb_unref_device(*device);
  free(list);
}
uint8_t libusb_get_bus_number(libusb_device *device) {
  (void)device;
  return 1;
}
uint8_t libusb_get_device_address(libusb_device *device) { return device->shim.number; }
uint8_t libusb_get_port_number(libusb_device *device) { return device->shim.number; }
int libusb_get_port_numbers(libusb_device *device, uint8_t *ports, int length) {
  if (length < 1) return LIBUSB_ERROR_OVERFLOW;
  ports[0] = device->shim.number;
  return 1;
}
libusb_device *libusb_get_parent(libusb_device *device) {
  (void)device;
  return NULL;
}
int libusb_get_device_speed(libusb_device *device) {
  (void)device;
  return LIBUSB_SPEED_HIGH;
}

/* Descriptors */

int libusb_get_device_descriptor(libusb_device *device, struct libusb_device_descriptor *out) {
  const uint8_t *bytes = device->shim.descriptor;
  memcpy(out, bytes, DESCRIPTOR_BYTES);
  out->bcdUSB = word(bytes + 2);
  out->idVendor = word(bytes + 8);
  out->idProduct = word(bytes + 10);
  out->bcdDevice = word(bytes + 12);
  return 0;
}
void libusb_free_config_descriptor(struct libusb_config_descriptor *configuration) {
  if (!configuration) return;
  for (int number = 0; configuration->interface && number < INTERFACES_MAX; number++) {
    const struct libusb_interface *interface = &configuration->interface[number];
    for (int index = 0; index < interface->num_altsetting; index++) {
      const struct libusb_interface_descriptor *alternate = &interface->altsetting[index];
      for (int endpoint = 0; endpoint < alternate->bNumEndpoints; endpoint++)
        free((void *)alternate->endpoint[endpoint].extra);
      free((void *)alternate->endpoint);
      free((void *)alternate->extra);
    }
    free((void *)interface->altsetting);
  }
  free((void *)configuration->interface);
  free(configuration);
}
int libusb_get_config_descriptor(libusb_device *device, uint8_t index,
                                 struct libusb_config_descriptor **out) {
  if (index != 0) return LIBUSB_ERROR_NOT_FOUND;
  struct libusb_config_descriptor *configuration = calloc(1, sizeof *configuration);
  if (!configuration) return LIBUSB_ERROR_NO_MEM;
  const struct shim_device *shim = &device->shim;
  if (read_configuration(shim->configuration, shim->configuration_length, configuration) != 0) {
    libusb_free_config_descriptor(configuration);
    return LIBUSB_ERROR_IO;
  }
  *out = configuration;
  return 0;
}
int libusb_get_active_config_descriptor(libusb_device *device, struct libusb_config_descriptor **out) {
  return libusb_get_config_descriptor(device, 0, out);
}
int libusb_get_config_descriptor_by_value(libusb_device *device, uint8_t value,
                                          struct libusb_config_descriptor **out) {
  (void)value;
  return libusb_get_config_descriptor(device, 0, out);
}
int libusb_get_max_packet_size(libusb_device *device, unsigned char endpoint) {
  struct libusb_config_descriptor *configuration;
  int found = libusb_get_config_descriptor(device, 0, &configuration);
  if (found != 0) return found;
  found = LIBUSB_ERROR_NOT_FOUND;
  for (int number = 0; number < configuration->bNumInterfaces; number++)
    for (int index = 0; index < configuration->interface[number].num_altsetting; index++) {
      const struct libusb_interface_descriptor *alternate =
          &configuration->interface[number].altsetting[index];
      for (int at = 0; at < alternate->bNumEndpoints; at++)
        if (alternate->endpoint[at].bEndpointAddress == endpoint)
          found = alternate->endpoint[at].wMaxPacketSize;
    }
  libusb_free_config_descriptor(configuration);
  return found;
}

/* Handles */

int libusb_open(libusb_device *device, libusb_device_handle **out) {
  libusb_device_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return LIBUSB_ERROR_NO_MEM;
  int status = shim_call(OPERATION_OPEN, device->shim.number, NULL, 0);
  if (status != 0) {
    free(handle);
    return status;
  }
  handle->device = libusb_ref_device(device);
  *out = handle;
  return 0;
}
libusb_device_handle *libusb_open_device_with_vid_pid(libusb_context *context, uint16_t vendor,
                                                      uint16_t product) {
  libusb_device **list;
  libusb_device_handle *handle = NULL;
  if (libusb_get_device_list(context, &list) < 0) return NULL;
  for (libusb_device **device = list; *device && !handle; device++) {
    const uint8_t *bytes = (*device)->shim.descriptor;
    if (word(bytes + 8) == vendor && word(bytes + 10) == product) libusb_open(*device, &handle);
  }
  libusb_free_device_list(list, 1);
  return handle;
}
/* Writes that were not waited for are, now: a tool that says it is done must be. */
void libusb_close(libusb_device_handle *handle) {
  if (!handle) return;
  uint8_t number = handle->device->shim.number;
  int status = shim_flush(number);
  if (status != 0)
    fprintf(stderr, "usb: the last writes to the device failed: %s\n", libusb_error_name(status));
  shim_send(OPERATION_CLOSE, number, NULL, 0);
  shim_forget(number);
  shim_drop_transfers(handle);
  libusb_unref_device(handle->device);
  free(handle);
}
libusb_device *libusb_get_device(libusb_device_handle *handle) { return handle->device; }

static int with_byte(libusb_device_handle *handle, enum operation operation, int value) {
  uint8_t byte = (uint8_t)value;
  return shim_call(operation, handle->device->shim.number, &byte, 1);
}
int libusb_get_configuration(libusb_device_handle *handle, int *value) {
  *value = handle->device->shim.configuration[5];
  return 0;
}
/* Choosing what is chosen needs no one's answer. */
int libusb_set_configuration(libusb_device_handle *handle, int value) {
  if (value == handle->device->shim.configuration[5]) return 0;
  return with_byte(handle, OPERATION_CONFIGURE, value);
}
int libusb_claim_interface(libusb_device_handle *handle, int number) {
  if (number < 0 || number > 31) return LIBUSB_ERROR_INVALID_PARAM;
  if (handle->claimed & 1u << number) return 0;
  int status = with_byte(handle, OPERATION_CLAIM, number);
  if (status == 0) handle->claimed |= 1u << number;
  return status;
}
int libusb_release_interface(libusb_device_handle *handle, int number) {
  if (number < 0 || number > 31) return LIBUSB_ERROR_INVALID_PARAM;
  if (!(handle->claimed & 1u << number)) return LIBUSB_ERROR_NOT_FOUND;
  int status = shim_flush(handle->device->shim.number);
  uint8_t byte = (uint8_t)number;
  handle->claimed &= ~(1u << number);
  if (!shim_send(OPERATION_RELEASE, handle->device->shim.number, &byte, 1))
    return LIBUSB_ERROR_NO_DEVICE;
  return status;
}
int libusb_set_interface_alt_setting(libusb_device_handle *handle, int number, int alternate) {
  uint8_t bytes[] = {(uint8_t)number, (uint8_t)alternate};
  return shim_call(OPERATION_ALTERNATE, handle->device->shim.number, bytes, sizeof bytes);
}
int libusb_reset_device(libusb_device_handle *handle) {
  shim_flush(handle->device->shim.number);
  shim_forget(handle->device->shim.number);
  return shim_call(OPERATION_RESET, handle->device->shim.number, NULL, 0);
}
int libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint) {
  return with_byte(handle, OPERATION_CLEAR_HALT, endpoint);
}
int libusb_kernel_driver_active(libusb_device_handle *handle, int number) {
  (void)handle, (void)number;
  return 0;
}
int libusb_detach_kernel_driver(libusb_device_handle *handle, int number) {
  (void)handle, (void)number;
  return LIBUSB_ERROR_NOT_FOUND;
}
int libusb_attach_kernel_driver(libusb_device_handle *handle, int number) {
  (void)handle, (void)number;
  return LIBUSB_ERROR_NOT_FOUND;
}
int libusb_set_auto_detach_kernel_driver(libusb_device_handle *handle, int enable) {
  (void)handle, (void)enable;
  return 0;
}

/* Transfers that are waited for */

int libusb_control_transfer(libusb_device_handle *handle, uint8_t type, uint8_t request,
                            uint16_t value, uint16_t index, unsigned char *data, uint16_t length,
                            unsigned int timeout) {
  uint8_t setup[] = {type,
                     request,
                     (uint8_t)value,
                     (uint8_t)(value >> 8),
                     (uint8_t)index,
                     (uint8_t)(index >> 8),
                     (uint8_t)length,
                     (uint8_t)(length >> 8)};
  struct shim_transfer transfer = {&handle->device->shim, 0, setup, data, length, timeout};
  return shim_move(&transfer);
}
int libusb_bulk_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *data,
                         int length, int *moved, unsigned int timeout) {
  if (length < 0) return LIBUSB_ERROR_INVALID_PARAM;
  struct shim_transfer transfer = {&handle->device->shim, endpoint, NULL, data, (uint32_t)length, timeout};
  int status = shim_move(&transfer);
  if (moved) *moved = status < 0 ? 0 : status;
  return status < 0 ? status : 0;
}
int libusb_interrupt_transfer(libusb_device_handle *handle, unsigned char endpoint,
                              unsigned char *data, int length, int *moved, unsigned int timeout) {
  return libusb_bulk_transfer(handle, endpoint, data, length, moved, timeout);
}
/* Characters beyond ASCII become question marks, as libusb does it. */
int libusb_get_string_descriptor_ascii(libusb_device_handle *handle, uint8_t index,
                                       unsigned char *data, int length) {
  uint8_t bytes[255];
  if (index == 0) return LIBUSB_ERROR_INVALID_PARAM;
  int count = libusb_control_transfer(handle, LIBUSB_ENDPOINT_IN, LIBUSB_REQUEST_GET_DESCRIPTOR,
                                      (uint16_t)(LIBUSB_DT_STRING << 8 | index), 0x0409, bytes,
                                      sizeof bytes, 1000);
  if (count < 0) return count;
  int written = 0;
  for (int at = 2; at + 1 < count && written < length - 1; at += 2)
    data[written++] = bytes[at + 1] || bytes[at] > 0x7f ? '?' : bytes[at];
  data[written] = 0;
  return written;
}
