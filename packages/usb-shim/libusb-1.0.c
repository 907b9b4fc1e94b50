/* The ABI of libusb 1.0 as programmers use it, over the connection. Isochronous transfers, hot-plug
   callbacks and streams are refused. */
#include <libusb-1.0/libusb.h>

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "connection.h"

#define TYPE_CONFIGURATION struct libusb_config_descriptor
#define TYPE_INTERFACE struct libusb_interface
#define TYPE_INTERFACE_DESCRIPTOR struct libusb_interface_descriptor
#define TYPE_ENDPOINT_DESCRIPTOR struct libusb_endpoint_descriptor
#include "configuration.h"

struct libusb_context {
  int unused;
};
struct libusb_device {
  int references;
  struct shim_device shim;
};
struct libusb_device_handle {
  struct libusb_device *device;
};

static struct libusb_context the_context;

int libusb_init(libusb_context **context) {
  if (context) *context = &the_context;
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
int libusb_has_capability(uint32_t capability) { return capability == LIBUSB_CAP_HAS_CAPABILITY; }
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

ssize_t libusb_get_device_list(libusb_context *context, libusb_device ***list) {
  (void)context;
  struct shim_device *found = calloc(DEVICES_MAX, sizeof *found);
  if (!found) return LIBUSB_ERROR_NO_MEM;
  int count = shim_list(found);
  libusb_device **devices = count < 0 ? NULL : calloc((size_t)count + 1, sizeof *devices);
  for (int index = 0; devices && index < count; index++) {
    devices[index] = calloc(1, sizeof **devices);
    if (!devices[index]) break;
    devices[index]->references = 1;
    devices[index]->shim = found[index];
  }
  free(found);
  if (count >= 0 && !devices) return LIBUSB_ERROR_NO_MEM;
  *list = devices;
  return count;
}
libusb_device *libusb_ref_device(libusb_device *device) {
  device->references++;
  return device;
}
void libusb_unref_device(libusb_device *device) {
  if (device && --device->references == 0) free(device);
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
  int status = shim_call(OPERATION_OPEN, device->shim.number, NULL, 0);
  if (status != 0) return status;
  libusb_device_handle *handle = calloc(1, sizeof *handle);
  if (!handle) return LIBUSB_ERROR_NO_MEM;
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
void libusb_close(libusb_device_handle *handle) {
  if (!handle) return;
  shim_call(OPERATION_CLOSE, handle->device->shim.number, NULL, 0);
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
int libusb_set_configuration(libusb_device_handle *handle, int value) {
  return with_byte(handle, OPERATION_CONFIGURE, value);
}
int libusb_claim_interface(libusb_device_handle *handle, int number) {
  return with_byte(handle, OPERATION_CLAIM, number);
}
int libusb_release_interface(libusb_device_handle *handle, int number) {
  return with_byte(handle, OPERATION_RELEASE, number);
}
int libusb_set_interface_alt_setting(libusb_device_handle *handle, int number, int alternate) {
  uint8_t bytes[] = {(uint8_t)number, (uint8_t)alternate};
  return shim_call(OPERATION_ALTERNATE, handle->device->shim.number, bytes, sizeof bytes);
}
int libusb_reset_device(libusb_device_handle *handle) {
  return shim_call(OPERATION_RESET, handle->device->shim.number, NULL, 0);
}
int libusb_clear_halt(libusb_device_handle *handle, unsigned char endpoint) {
  (void)handle, (void)endpoint;
  return 0;
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
  return shim_transfer(handle->device->shim.number, 0, setup, data, length, timeout);
}
int libusb_bulk_transfer(libusb_device_handle *handle, unsigned char endpoint, unsigned char *data,
                         int length, int *moved, unsigned int timeout) {
  int status =
      shim_transfer(handle->device->shim.number, endpoint, NULL, data, (uint32_t)length, timeout);
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

/* Transfers that are submitted */

struct pending {
  struct pending *next;
  struct libusb_transfer *transfer;
  uint32_t id;
};
static struct pending *pending;

static enum libusb_transfer_status status_of(int status) {
  switch (status) {
    case 0: return LIBUSB_TRANSFER_COMPLETED;
    case LIBUSB_ERROR_TIMEOUT: return LIBUSB_TRANSFER_TIMED_OUT;
    case LIBUSB_ERROR_PIPE: return LIBUSB_TRANSFER_STALL;
    case LIBUSB_ERROR_NO_DEVICE: return LIBUSB_TRANSFER_NO_DEVICE;
    case LIBUSB_ERROR_INTERRUPTED: return LIBUSB_TRANSFER_CANCELLED;
    case LIBUSB_ERROR_OVERFLOW: return LIBUSB_TRANSFER_OVERFLOW;
    default: return LIBUSB_TRANSFER_ERROR;
  }
}

static int is_in(const struct libusb_transfer *transfer) {
  uint8_t address =
      transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL ? transfer->buffer[0] : transfer->endpoint;
  return (address & LIBUSB_ENDPOINT_IN) != 0;
}

static void finish(struct libusb_transfer *transfer, const struct reply *reply) {
  int header = transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL ? LIBUSB_CONTROL_SETUP_SIZE : 0;
  transfer->status = status_of(reply->status);
  transfer->actual_length = 0;
  if (reply->status == 0 && is_in(transfer)) {
    uint32_t room = (uint32_t)(transfer->length - header);
    uint32_t moved = reply->length < room ? reply->length : room;
    if (moved > 0) memcpy(transfer->buffer + header, reply->data, moved);
    transfer->actual_length = (int)moved;
  } else if (reply->status == 0 && reply->length == 4) {
    transfer->actual_length = reply->data[0] | reply->data[1] << 8 | reply->data[2] << 16;
  }
  if (transfer->actual_length < transfer->length - header && transfer->status == 0 &&
      (transfer->flags & LIBUSB_TRANSFER_SHORT_NOT_OK))
    transfer->status = LIBUSB_TRANSFER_ERROR;
  int frees = (transfer->flags & LIBUSB_TRANSFER_FREE_TRANSFER) != 0;
  if (transfer->callback) transfer->callback(transfer);
  if (frees) libusb_free_transfer(transfer);
}

static void dispatch(struct reply *reply) {
  for (struct pending **link = &pending; *link; link = &(*link)->next) {
    struct pending *found = *link;
    if (found->id != reply->id) continue;
    *link = found->next;
    struct libusb_transfer *transfer = found->transfer;
    free(found);
    finish(transfer, reply);
    break;
  }
  free(reply->data);
}

struct libusb_transfer *libusb_alloc_transfer(int packets) {
  if (packets != 0) return NULL; /* isochronous */
  return calloc(1, sizeof(struct libusb_transfer));
}
void libusb_free_transfer(struct libusb_transfer *transfer) {
  if (!transfer) return;
  if (transfer->flags & LIBUSB_TRANSFER_FREE_BUFFER) free(transfer->buffer);
  free(transfer);
}
int libusb_submit_transfer(struct libusb_transfer *transfer) {
  if (transfer->type == LIBUSB_TRANSFER_TYPE_ISOCHRONOUS) return LIBUSB_ERROR_NOT_SUPPORTED;
  shim_other = dispatch;
  struct pending *added = calloc(1, sizeof *added);
  if (!added) return LIBUSB_ERROR_NO_MEM;
  int is_control = transfer->type == LIBUSB_TRANSFER_TYPE_CONTROL;
  int header = is_control ? LIBUSB_CONTROL_SETUP_SIZE : 0;
  added->transfer = transfer;
  added->id = shim_submit(transfer->dev_handle->device->shim.number, transfer->endpoint,
                          is_control ? transfer->buffer : NULL, transfer->buffer + header,
                          (uint32_t)(transfer->length - header), transfer->timeout);
  if (added->id == 0) {
    free(added);
    return LIBUSB_ERROR_NO_DEVICE;
  }
  added->next = pending;
  pending = added;
  return 0;
}
/* The answer to the transfer itself comes later, as cancelled. */
int libusb_cancel_transfer(struct libusb_transfer *transfer) {
  for (struct pending *each = pending; each; each = each->next) {
    if (each->transfer != transfer) continue;
    uint8_t id[] = {(uint8_t)each->id, (uint8_t)(each->id >> 8), (uint8_t)(each->id >> 16),
                    (uint8_t)(each->id >> 24)};
    uint8_t device = transfer->dev_handle->device->shim.number;
    return shim_send(OPERATION_CANCEL, device, id, sizeof id) ? 0 : LIBUSB_ERROR_NO_DEVICE;
  }
  return LIBUSB_ERROR_NOT_FOUND;
}

int libusb_handle_events_timeout_completed(libusb_context *context, struct timeval *time,
                                           int *completed) {
  (void)context;
  if (completed && *completed) return 0;
  struct reply reply;
  shim_other = dispatch;
  int received = shim_receive(&reply, (int)(time->tv_sec * 1000 + (time->tv_usec + 999) / 1000));
  /* What is there already is taken too: one wake-up, many transfers. */
  while (received == 1) {
    dispatch(&reply);
    received = shim_receive(&reply, 0);
  }
  return received < 0 ? received : 0;
}
int libusb_handle_events_timeout(libusb_context *context, struct timeval *time) {
  return libusb_handle_events_timeout_completed(context, time, NULL);
}
int libusb_handle_events_completed(libusb_context *context, int *completed) {
  struct timeval time = {.tv_sec = 60};
  return libusb_handle_events_timeout_completed(context, &time, completed);
}
int libusb_handle_events(libusb_context *context) {
  return libusb_handle_events_completed(context, NULL);
}
int libusb_get_next_timeout(libusb_context *context, struct timeval *time) {
  (void)context, (void)time;
  return 0;
}

/* Hot-plug is said to be missing by libusb_has_capability. */
int libusb_hotplug_register_callback(libusb_context *context, int events, int flags, int vendor,
                                     int product, int class, libusb_hotplug_callback_fn callback,
                                     void *data, libusb_hotplug_callback_handle *handle) {
  (void)context, (void)events, (void)flags, (void)vendor, (void)product, (void)class;
  (void)callback, (void)data, (void)handle;
  return LIBUSB_ERROR_NOT_SUPPORTED;
}
void libusb_hotplug_deregister_callback(libusb_context *context,
                                        libusb_hotplug_callback_handle handle) {
  (void)context, (void)handle;
}
