// Shows openapi.json in Swagger UI, with the demo key of the gateway filled in.

const reference = window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  onComplete: () => reference.preauthorizeApiKey("apiKey", "brokerx-key-123"),
});
