#include "CXDP.h"
