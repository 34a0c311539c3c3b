"use strict";

/** Makes the zips of the functions before `package` and `deploy` look for them. */
module.exports = class CloudPackage {
  constructor() {
    this.hooks = {
      "before:package:createDeploymentArtifacts": async () => {
        const { packageCloud } = await import("../cloud/bundle.ts");
        await packageCloud();
      },
    };
  }
};
