/* Reading a configuration descriptor (USB 2.0 §9.6) into either library's structures: both have the
   same fields under the same names, so one text serves both. Define the TYPE_ names and include. */

static uint16_t word(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

/* What follows an interface or an endpoint and is neither: class descriptors. */
static int extra_bytes(const uint8_t *at, const uint8_t *end) {
  const uint8_t *start = at;
  while (end - at >= 2 && at[0] >= 2 && at[0] <= end - at && at[1] != 4 && at[1] != 5) at += at[0];
  return (int)(at - start);
}

static unsigned char *copied(const uint8_t *at, int length) {
  unsigned char *bytes = length > 0 ? malloc((size_t)length) : NULL;
  if (bytes) memcpy(bytes, at, (size_t)length);
  return bytes;
}

static const uint8_t *read_interface(const uint8_t *at, const uint8_t *end,
                                     TYPE_INTERFACE_DESCRIPTOR *interface) {
  interface->bLength = at[0];
  interface->bDescriptorType = at[1];
  interface->bInterfaceNumber = at[2];
  interface->bAlternateSetting = at[3];
  interface->bNumEndpoints = at[4];
  interface->bInterfaceClass = at[5];
  interface->bInterfaceSubClass = at[6];
  interface->bInterfaceProtocol = at[7];
  interface->iInterface = at[8];
  at += at[0];
  interface->extra_length = extra_bytes(at, end);
  interface->extra = copied(at, interface->extra_length);
  at += interface->extra_length;
  TYPE_ENDPOINT_DESCRIPTOR *endpoints = calloc(interface->bNumEndpoints + 1u, sizeof *endpoints);
  interface->endpoint = endpoints;
  for (int index = 0; index < interface->bNumEndpoints && end - at >= 7 && at[1] == 5; index++) {
    endpoints[index].bLength = at[0];
    endpoints[index].bDescriptorType = at[1];
    endpoints[index].bEndpointAddress = at[2];
    endpoints[index].bmAttributes = at[3];
    endpoints[index].wMaxPacketSize = word(at + 4);
    endpoints[index].bInterval = at[6];
    at += at[0];
    endpoints[index].extra_length = extra_bytes(at, end);
    endpoints[index].extra = copied(at, endpoints[index].extra_length);
    at += endpoints[index].extra_length;
  }
  return at;
}

#define INTERFACES_MAX 16
#define ALTERNATES_MAX 16

static int read_configuration(const uint8_t *bytes, int length, TYPE_CONFIGURATION *configuration) {
  if (length < 9) return -1;
  const uint8_t *at = bytes;
  const uint8_t *end = bytes + length;
  configuration->bLength = at[0];
  configuration->bDescriptorType = at[1];
  configuration->wTotalLength = word(at + 2);
  configuration->bNumInterfaces = at[4] < INTERFACES_MAX ? at[4] : INTERFACES_MAX;
  configuration->bConfigurationValue = at[5];
  configuration->iConfiguration = at[6];
  configuration->bmAttributes = at[7];
  configuration->MaxPower = at[8];
  TYPE_INTERFACE *interfaces = calloc(INTERFACES_MAX, sizeof *interfaces);
  if (!interfaces) return -1;
  configuration->interface = interfaces;
  at += at[0];
  at += extra_bytes(at, end);
  while (end - at >= 9 && at[1] == 4 && at[2] < INTERFACES_MAX) {
    TYPE_INTERFACE *interface = &interfaces[at[2]];
    if (!interface->altsetting)
      interface->altsetting = calloc(ALTERNATES_MAX, sizeof *interface->altsetting);
    if (!interface->altsetting || interface->num_altsetting == ALTERNATES_MAX) return -1;
    at = read_interface(
        at, end, (TYPE_INTERFACE_DESCRIPTOR *)&interface->altsetting[interface->num_altsetting++]);
  }
  return 0;
}
