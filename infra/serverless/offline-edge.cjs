"use strict";

module.exports = class OfflineEdge {};
