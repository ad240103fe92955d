// The figures' scripts run as they are in a student's browser: plain modern JavaScript without any dependency.
import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-console": ["error", { allow: ["error"] }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-var": "error",
      "prefer-const": "error",
      // What stands in a page beside other people's HTML is built of elements, never of strings.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Make elements." },
        { property: "outerHTML", message: "Make elements." },
        { property: "insertAdjacentHTML", message: "Make elements." },
      ],
    },
  },
];
