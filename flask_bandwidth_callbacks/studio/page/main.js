// The studio: each module fills its part of the page. They listen in the order in which they are imported here.
import "./application.js";
import "./clock.js";
import "./calls.js";
import "./speech.js";
import "./telephone.js";
import "./people.js";
import "./conversation.js";
import "./callbacks.js";
import "./map.js";
import "./findings.js";
import { connect } from "./connection.js";

connect();
